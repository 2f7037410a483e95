import type { BundleManifest } from '../../src/bundle/manifest.ts';
import type { Provider } from '../../src/runtime/session.ts';
import type { KeyFramePrediction, Prediction, VideoInfo } from '../client.ts';

/** What the page asks its worker for. A newer request ends what an older one is about. */
export type Request =
  | {
      readonly kind: 'load';
      /** Which systems, by their place in the site, and where they are. Those loaded before stay. */
      readonly bundles: readonly { readonly system: number; readonly url: string }[];
      readonly ortUrl: string;
      readonly provider: 'wasm' | 'webgpu';
    }
  | { readonly kind: 'predict'; readonly job: number; readonly file: File; readonly rate: number }
  | { readonly kind: 'stop' };

/** One system, loaded and proven. */
export interface LoadedSystem {
  /** Its place in the site. */
  readonly system: number;
  readonly manifest: BundleManifest;
  readonly provider: Provider;
  /** That wasm runs it on. */
  readonly threads: number;
  /** Why the asked provider does not run it; null where it does. */
  readonly fallback: string | null;
}

/** A picture that was labelled. The pictures are JPEG files, so that a long video's fit into memory. */
export interface LabelledPicture extends Prediction {
  /** Large enough to look at. */
  readonly picture: Blob;
  /** For the timeline, in the shape that a player gives the picture. */
  readonly thumbnail: Blob;
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

/** What the worker answers while it loads. Every system ends in `loaded` or `missing`, and all of them in `ready`. */
export type LoadResponse =
  | { readonly kind: 'progress'; readonly system: number; readonly loaded: number; readonly total: number }
  /** The runtime's own files, in bytes; they arrive beside the models. */
  | { readonly kind: 'runtime'; readonly loaded: number; readonly total: number }
  | { readonly kind: 'checking'; readonly system: number }
  | { readonly kind: 'loaded'; readonly system: LoadedSystem }
  | { readonly kind: 'missing'; readonly system: number; readonly message: string }
  | {
      readonly kind: 'ready';
      /** Of the ensemble of all that are loaded, in the site's order. */
      readonly weights: readonly number[] | null;
      readonly runtime: string;
    };

/** What it answers about a file. Messages of a job that was replaced are dropped by the page. */
export type JobResponse = { readonly job: number } & (
  | { readonly kind: 'media'; readonly media: Media }
  | { readonly kind: 'labelled'; readonly labelled: LabelledPicture }
  /** A system failed; the others go on without it, with these weights in their ensemble. */
  | {
      readonly kind: 'lost';
      readonly name: string;
      readonly message: string;
      readonly weights: readonly number[] | null;
    }
  /** `all`: no system is left, so that they are better loaded afresh. */
  | { readonly kind: 'failed'; readonly message: string; readonly all: boolean }
  | { readonly kind: 'done' }
);

export type Response = LoadResponse | JobResponse;
