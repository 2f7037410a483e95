import { open } from 'node:fs/promises';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { headLength, imageFormat } from '../src/image/file-format.ts';
import { readImage } from '../src/node/image-file.ts';
import { readVideoFrames } from '../src/node/video-frames.ts';
import { probeVideo } from '../src/node/video-info.ts';
import type { Classifier } from '../src/runtime/classifier.ts';
import { keyFrames } from '../src/runtime/key-frames.ts';
import { gatherWindows, type KeyFrame, windowNumbers } from './windows.ts';

/** What is known of a file before its first key frame is predicted. */
export interface MediaInfo {
  readonly kind: 'image' | 'video';
  readonly width: number;
  readonly height: number;
  /** Frames a second; null for an image. */
  readonly fps: number | null;
  readonly frameCount: number;
  /** 1-based numbers of the frames to be predicted. */
  readonly keyFrames: readonly number[];
}

export interface KeyFramePrediction {
  /** 1-based. */
  readonly frame: number;
  /** Seconds from the start. */
  readonly time: number;
  /** For each classifier, a probability for each of its labels. */
  readonly probabilities: readonly Float32Array[];
}

/** By its first bytes; anything that is no picture is left to ffmpeg. */
async function isImage(path: string): Promise<boolean> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ENOENT'
      ? new UserError(`there is no file ${path}`, { cause })
      : new UserError(`cannot read ${path}`, { received: reasonOf(cause), cause });
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headLength), 0, headLength, 0);
    return imageFormat(buffer.subarray(0, bytesRead)) !== null;
  } catch (cause) {
    throw new UserError(`cannot read ${path}`, { received: reasonOf(cause), cause });
  } finally {
    await handle.close();
  }
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
): Promise<{ info: MediaInfo; predictions: AsyncIterable<KeyFramePrediction> }> {
  const plans = classifiers.map(({ manifest }) => manifest.input);
  if (await isImage(path)) {
    const image = await readImage(path);
    const { width, height } = image;
    const info = { kind: 'image', width, height, fps: null, frameCount: 1, keyFrames: [1] } as const;
    const windows = plans.map(({ frames }) => Array.from({ length: frames }, () => image));
    return { info, predictions: predictAll(classifiers, [{ number: 1, windows }], 1) };
  }
  const { width, height, fps, frameCount } = await probeVideo(path);
  if (!(fps > 0 && frameCount > 0)) {
    throw new UserError(`${path} must have frames and a frame rate`, {
      received: `${frameCount} frames at ${fps} a second`,
    });
  }
  const keys = keyFrames({ frameCount, fps, rate });
  const numbers = windowNumbers(keys, plans, frameCount);
  const frames = readVideoFrames(path, numbers.flat(2));
  return {
    info: { kind: 'video', width, height, fps, frameCount, keyFrames: keys },
    predictions: predictAll(classifiers, gatherWindows(keys, numbers, frames), fps),
  };
}

async function* predictAll(
  classifiers: readonly Classifier[],
  keyFrames: Iterable<KeyFrame> | AsyncIterable<KeyFrame>,
  fps: number,
): AsyncGenerator<KeyFramePrediction> {
  for await (const { number, windows } of keyFrames) {
    const probabilities: Float32Array[] = [];
    for (const [k, classifier] of classifiers.entries()) {
      probabilities.push((await classifier.predict([windows[k]])).probabilities);
    }
    yield { frame: number, time: (number - 1) / fps, probabilities };
  }
}
