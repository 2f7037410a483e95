import { voteAverage } from '../eval/ensemble.ts';
import { validationWeights } from '../eval/validation-weights.ts';
import { gatherWindows, windowNumbers } from '../eval/windows.ts';
import type { BundleManifest } from '../src/bundle/manifest.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import type { Tensor } from '../src/core/tensor.ts';
import type { RgbImage } from '../src/image/image.ts';
import type { Place } from '../src/inputs/input.ts';
import type { Classifier } from '../src/runtime/classifier.ts';
import { keyFrames } from '../src/runtime/key-frames.ts';
import { decodeImage } from './image-file.ts';
import { openVideo } from './video-file.ts';

/** What one system says about one picture or key frame. */
export interface SystemPrediction {
  readonly name: string;
  /** One a label, in 0–1, in the order of the manifest's labels. */
  readonly probabilities: Float32Array;
  /** float32 [h, w], in 0–1; null where the system has no attention map. */
  readonly attention: Tensor | null;
  /** What the prediction took, resizing included. */
  readonly milliseconds: number;
}

/** What all systems say, in the order they were given, and their vote-plus-average. */
export interface Prediction {
  readonly systems: readonly SystemPrediction[];
  /** One a label, in 0–1; null where there is no ensemble (see `ensembleWeights`). */
  readonly ensemble: Float32Array | null;
}

export interface ImagePrediction extends Prediction {
  readonly width: number;
  readonly height: number;
}

export interface KeyFramePrediction extends Prediction {
  /** 1-based number of the key frame. */
  readonly frame: number;
  /** When the frame is shown, by its own time stamp: seconds from the first frame. */
  readonly time: number;
}

/** A video as players show it: upright, with square pixels. */
export interface VideoInfo {
  readonly width: number;
  readonly height: number;
  readonly displayAspect: number;
  /** Frames a second on the mean; null where a single frame has no length. */
  readonly fps: number | null;
  /** Seconds. */
  readonly duration: number;
  /** Frames that are shown. */
  readonly frameCount: number;
}

export interface VideoPrediction extends VideoInfo {
  readonly keyFrames: readonly KeyFramePrediction[];
}

/** A system that failed on a picture or key frame. */
export interface SystemFailure {
  readonly name: string;
  /** 1-based; 1 for an image. */
  readonly frame: number;
  readonly cause: unknown;
}

export interface ImageOptions {
  /**
   * Called when a system fails. It is left out of the answers from then on, ensemble included, and the others go on.
   * Without this, and when the last one fails, what it failed with is thrown.
   */
  readonly onFailure?: (failure: SystemFailure) => void;
}

export interface VideoOptions extends ImageOptions {
  /** Key frames a second. Default: 1. */
  readonly rate?: number;
  /** Called once the video is open, before the first key frame. */
  readonly onOpen?: (video: VideoInfo & { readonly keyFrameCount: number }) => void;
  /** Called with each key frame's prediction as it is made, and its picture; waited for before the next. */
  readonly onKeyFrame?: (prediction: KeyFramePrediction, image: RgbImage) => void | Promise<void>;
  /** Ends the work at the next key frame. */
  readonly signal?: AbortSignal;
}

/**
 * What each system counts for in the ensemble: its validation F1 over the sum of all. Null for fewer than two systems,
 * for systems whose labels differ, where a bundle records no validation F1, and where none is above 0.
 */
export function ensembleWeights(manifests: readonly BundleManifest[]): readonly number[] | null {
  const systems = manifests.map((manifest) => {
    const { name, labels } = manifest;
    return { name, labels: labels.hash, f1: recordedScore(manifest)?.value ?? null };
  });
  return manifests.length < 2 ? null : validationWeights(systems, '').weights;
}

/**
 * Labels an image. A clip system sees the picture standing still.
 *
 * @param source an image file, or pixels
 * @throws UserError when the browser cannot decode the file
 * @example
 * const { ensemble, systems } = await predictImage([classifier], file);
 * const likely = classifier.manifest.labels.names.filter((_, i) => systems[0].probabilities[i] >= 0.5);
 */
export async function predictImage(
  classifiers: readonly Classifier[],
  source: Blob | RgbImage,
  { onFailure }: ImageOptions = {},
): Promise<ImagePrediction> {
  const image = source instanceof Blob ? await decodeImage(source, nameOf(source)) : source;
  const windows = classifiers.map(({ plan }) => plan.sizes.map(() => image));
  const prediction = await predictWindows(classifiers, windows, { frame: 1, failed: new Set(), onFailure });
  return { width: image.width, height: image.height, ...prediction };
}

/**
 * Labels a video at `rate` key frames a second; a clip system sees the frames around each key frame.
 *
 * @throws UserError when the browser cannot decode the file, or it is damaged or truncated
 * @example
 * await predictVideo([classifier], file, { rate: 2, onKeyFrame: ({ time, ensemble }) => … });
 */
export async function predictVideo(
  classifiers: readonly Classifier[],
  source: Blob,
  options: VideoOptions = {},
): Promise<VideoPrediction> {
  const { frames, close, timeline, ...info } = await openVideo(source, nameOf(source));
  try {
    const targets = keyFrames({ ...timeline, rate: options.rate ?? 1 });
    options.onOpen?.({ ...info, keyFrameCount: targets.length });
    // The last plan is for the key frame itself.
    const plans = [...classifiers.map(({ plan }) => plan), { needs: ({ key }: Place) => [key] }];
    const numbers = windowNumbers(targets, plans, info.frameCount);
    const predictions: KeyFramePrediction[] = [];
    const failed = new Set<Classifier>();
    const { onFailure } = options;
    for await (const { number, windows } of gatherWindows(targets, numbers, frames(numbers.flat(2)))) {
      options.signal?.throwIfAborted();
      const predicted = await predictWindows(classifiers, windows, { frame: number, failed, onFailure });
      const prediction = { frame: number, time: timeline.times[number - 1], ...predicted };
      predictions.push(prediction);
      await options.onKeyFrame?.(prediction, windows[classifiers.length][0]);
      // wasm runs without giving way: let a page draw and a worker hear that it is to stop.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return { ...info, keyFrames: predictions };
  } finally {
    close();
  }
}

function nameOf(source: Blob): string {
  return source instanceof File ? source.name : 'the file';
}

/**
 * @param windows for each classifier the frames of its sample
 * @param options.failed those that are not asked; a failing one joins them where somebody hears of it
 */
async function predictWindows(
  classifiers: readonly Classifier[],
  windows: readonly (readonly RgbImage[])[],
  { frame, failed, onFailure }: ImageOptions & { frame: number; failed: Set<Classifier> },
): Promise<Prediction> {
  const systems: SystemPrediction[] = [];
  for (const [k, classifier] of classifiers.entries()) {
    if (failed.has(classifier)) continue;
    const { name } = classifier.manifest;
    const start = performance.now();
    try {
      const { probabilities, attention } = await classifier.predict([windows[k]]);
      systems.push({
        name,
        probabilities,
        attention: attention && { ...attention, shape: attention.shape.slice(1) },
        milliseconds: performance.now() - start,
      });
    } catch (cause) {
      if (!onFailure) throw cause;
      failed.add(classifier);
      onFailure({ name, frame, cause });
      if (failed.size === classifiers.length) throw cause;
    }
  }
  const answered = classifiers.filter((classifier) => !failed.has(classifier));
  const weights = ensembleWeights(answered.map(({ manifest }) => manifest));
  const members = systems.map(({ probabilities }) => probabilities);
  return { systems, ensemble: weights && voteAverage(members, weights) };
}
