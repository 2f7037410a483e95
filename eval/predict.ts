import { isImageFile, readImage } from '../src/node/image-file.ts';
import { openVideo } from '../src/node/video-frames.ts';
import type { Classifier } from '../src/runtime/classifier.ts';
import { keyFrames } from '../src/runtime/key-frames.ts';
import { gatherWindows, type KeyFrameWindows, windowNumbers } from './windows.ts';

/** What is known of a file before its first key frame is predicted. */
export interface MediaInfo {
  readonly kind: 'image' | 'video';
  /** As it is shown: upright, with square pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames a second on the mean; null for an image, and for a video of one frame without a length. */
  readonly fps: number | null;
  /** Seconds; null for an image. */
  readonly duration: number | null;
  /** Frames that are shown. */
  readonly frameCount: number;
  /** 1-based numbers of the frames to be predicted. */
  readonly keyFrames: readonly number[];
}

export interface KeyFrameProbabilities {
  /** 1-based. */
  readonly frame: number;
  /** When the frame is shown, by its own time stamp: seconds from the first frame. */
  readonly time: number;
  /** For each classifier, a probability for each of its labels. */
  readonly probabilities: readonly Float32Array[];
}

/**
 * Predicts an image, or a video's key frames, with some classifiers at once. A video is decoded once, and held in
 * memory no longer than the windows need. An image given to a clip system is a clip of that frame repeated.
 *
 * @param rate key frames a second of video
 * @returns what is known of the file, and the key frames' predictions in order
 * @throws UserError naming the file when it is missing, or neither an image nor a video that can be decoded
 */
export async function predictFile(
  classifiers: readonly Classifier[],
  path: string,
  { rate }: { rate: number },
): Promise<{ info: MediaInfo; predictions: AsyncIterable<KeyFrameProbabilities> }> {
  const plans = classifiers.map(({ plan }) => plan);
  if (await isImageFile(path)) {
    const image = await readImage(path);
    const { width, height } = image;
    const info = {
      ...({ kind: 'image', width, height, fps: null, duration: null } as const),
      ...{ frameCount: 1, keyFrames: [1] },
    };
    const windows = plans.map(({ sizes }) => sizes.map(() => image));
    return { info, predictions: predictAll(classifiers, [{ number: 1, windows }], [0]) };
  }
  const { info, timeline, frames } = await openVideo(path);
  const { width, height, fps, duration, frameCount } = info;
  const keys = keyFrames({ ...timeline, rate });
  const numbers = windowNumbers(keys, plans, frameCount);
  const windows = gatherWindows(keys, numbers, frames(numbers.flat(2)));
  return {
    info: { kind: 'video', width, height, fps, duration, frameCount, keyFrames: keys },
    predictions: predictAll(classifiers, windows, timeline.times),
  };
}

async function* predictAll(
  classifiers: readonly Classifier[],
  keyFrames: Iterable<KeyFrameWindows> | AsyncIterable<KeyFrameWindows>,
  times: readonly number[],
): AsyncGenerator<KeyFrameProbabilities> {
  for await (const { number, windows } of keyFrames) {
    const probabilities: Float32Array[] = [];
    for (const [k, classifier] of classifiers.entries()) {
      probabilities.push((await classifier.predict([windows[k]])).probabilities);
    }
    yield { frame: number, time: times[number - 1], probabilities };
  }
}
