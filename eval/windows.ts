import type { RgbImage } from '../src/image/image.ts';
import { noFrame, type Place } from '../src/inputs/input.ts';
import { black } from '../src/inputs/plan.ts';

/** Which frames are looked at for a key frame. */
export interface FramePlan {
  needs(place: Place): number[];
}

/** A key frame, and for each plan the frames of its window. */
export interface KeyFrameWindows {
  /** 1-based. */
  readonly number: number;
  readonly windows: readonly (readonly RgbImage[])[];
}

/** For each key frame and plan, the numbers of the window's frames. */
export function windowNumbers(
  keyFrames: readonly number[],
  plans: readonly FramePlan[],
  frameCount: number,
): number[][][] {
  return keyFrames.map((key) => plans.map((plan) => plan.needs({ key, frameCount })));
}

/**
 * Gathers the windows of ascending key frames from a video that passes by once. Only frames that a later window
 * still needs are kept, so that memory does not grow with the video.
 *
 * @param numbers from `windowNumbers`, of the same key frames
 * @param frames at least the wanted frames, ascending
 * @throws Error when the video ends before a window is full
 */
export async function* gatherWindows(
  keyFrames: readonly number[],
  numbers: readonly (readonly (readonly number[])[])[],
  frames: AsyncIterable<{ number: number; image: RgbImage }>,
): AsyncGenerator<KeyFrameWindows> {
  const firsts = numbers.map((windows) => Math.min(...windows.flat().filter((number) => number !== noFrame)));
  const lasts = numbers.map((windows) => Math.max(...windows.flat()));
  const kept = new Map<number, RgbImage>();
  let next = 0;
  for await (const { number, image } of frames) {
    kept.set(number, image);
    while (lasts[next] <= number) {
      yield {
        number: keyFrames[next],
        windows: numbers[next].map((window) =>
          window.map((wanted) => (wanted === noFrame ? black : kept.get(wanted)!)),
        ),
      };
      next++;
      if (next === keyFrames.length) return;
      // Windows start no earlier than the one before, so what lies before the next start is done with.
      for (const old of kept.keys()) if (old < firsts[next]) kept.delete(old);
    }
  }
  throw new Error(`the video ended before key frame ${keyFrames[next]} had its frames`);
}
