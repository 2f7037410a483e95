import type { BundleManifest } from '../../src/core/bundle.ts';
import type { Provider } from '../../src/runtime/session.ts';
import type { KeyFramePrediction, Prediction, VideoInfo } from '../client.ts';

/** What the page asks its worker for. */
export type Request =
  | {
      readonly kind: 'load';
      readonly bundles: readonly string[];
      readonly ortUrl: string;
      readonly provider: 'wasm' | 'webgpu';
    }
  | { readonly kind: 'predict'; readonly job: number; readonly file: File; readonly rate: number };

/** One system, loaded and proven. */
export interface LoadedSystem {
  readonly manifest: BundleManifest;
  readonly provider: Provider;
  /** Why the asked provider does not run it; null where it does. */
  readonly fallback: string | null;
}

/** A picture that was labelled, small enough to keep and show. */
export interface LabelledPicture extends Prediction {
  readonly picture: ImageBitmap;
  /** Key frame number and time; null for a still image. */
  readonly at: Pick<KeyFramePrediction, 'frame' | 'time'> | null;
}

/** What the picture or video is. `video` is null for a still image. */
export interface Media {
  readonly width: number;
  readonly height: number;
  readonly displayAspect: number;
  readonly video: (VideoInfo & { readonly keyFrameCount: number }) | null;
}

/** What the worker answers. Messages of a job that was replaced are dropped by the page. */
export type Response =
  | {
      readonly kind: 'progress';
      readonly system: number;
      readonly name: string;
      readonly loaded: number;
      readonly total: number;
    }
  | { readonly kind: 'checking'; readonly system: number }
  | {
      readonly kind: 'ready';
      readonly systems: readonly LoadedSystem[];
      readonly weights: readonly number[] | null;
      readonly runtime: string;
      readonly threads: number;
    }
  | { readonly kind: 'failed'; readonly job: number | null; readonly message: string }
  | { readonly kind: 'media'; readonly job: number; readonly media: Media }
  | { readonly kind: 'labelled'; readonly job: number; readonly labelled: LabelledPicture }
  | { readonly kind: 'done'; readonly job: number };
