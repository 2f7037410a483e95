import { describe, expect, it } from 'vitest';
import { clipFrames } from '../../src/core/clip.ts';

/**
 * The rule in small steps: the middle frame is the target (of an even number the earlier of two); then the window is
 * pushed, a frame at a time, until it lies inside the video or covers it; what still sticks out repeats the end frame.
 */
function slowly(target: number, count: number, speed: number, frameCount: number): number[] {
  let window = [target];
  for (let before = 1; before <= (count - 1) >> 1; before++) window.unshift(target - before * speed);
  while (window.length < count) window.push(window[window.length - 1] + speed);
  while (window[0] < 1) window = window.map((frame) => frame + 1);
  while (window[count - 1] > frameCount && window[0] > 1) window = window.map((frame) => frame - 1);
  return window.map((frame) => (frame > frameCount ? frameCount : frame));
}

describe('clipFrames', () => {
  it.each([
    ['in the middle', 10, 4, 2, 40, [8, 10, 12, 14]],
    ['an odd number of frames', 10, 5, 1, 40, [8, 9, 10, 11, 12]],
    ['at the first frame', 1, 4, 2, 40, [1, 3, 5, 7]],
    ['one before the window fits', 2, 4, 2, 40, [1, 3, 5, 7]],
    ['where it just fits at the start', 3, 4, 2, 40, [1, 3, 5, 7]],
    ['where it just fits at the end', 36, 4, 2, 40, [34, 36, 38, 40]],
    ['at the last frame', 40, 4, 2, 40, [34, 36, 38, 40]],
    ['a video as long as the window', 4, 4, 2, 7, [1, 3, 5, 7]],
    ['a video that is one frame short', 6, 4, 2, 6, [1, 2, 4, 6]],
    ['the first frame of that', 1, 4, 2, 6, [1, 3, 5, 6]],
    ['one frame', 7, 1, 1, 9, [7]],
    ['a video of one frame', 1, 4, 2, 1, [1, 1, 1, 1]],
  ])('%s', (_, target, count, speed, frameCount, expected) => {
    expect(clipFrames({ target, count, speed, frameCount })).toEqual(expected);
  });

  it('is the rule, in every video that is as long as the window', () => {
    for (const [count, speed] of [
      [1, 1],
      [2, 3],
      [4, 2],
      [5, 1],
      [8, 2],
    ]) {
      for (let frameCount = (count - 1) * speed + 1; frameCount <= 30; frameCount++) {
        for (let target = 1; target <= frameCount; target++) {
          const frames = clipFrames({ target, count, speed, frameCount });
          expect(frames, `${target} of ${frameCount}`).toEqual(slowly(target, count, speed, frameCount));
        }
      }
    }
  });

  it('stays inside shorter videos, in order', () => {
    for (let frameCount = 1; frameCount <= 20; frameCount++) {
      for (let target = 1; target <= frameCount; target++) {
        const frames = clipFrames({ target, count: 16, speed: 2, frameCount });
        expect(frames).toHaveLength(16);
        expect(frames).toEqual(frames.toSorted((a, b) => a - b));
        expect([Math.min(...frames) >= 1, Math.max(...frames) <= frameCount]).toEqual([true, true]);
      }
    }
  });

  it.each([0, 41, -1, Number.NaN])('has no window around frame %d of 40', (target) => {
    expect(() => clipFrames({ target, count: 4, speed: 2, frameCount: 40 })).toThrow(
      `a clip's key frame must lie in 1–40; received ${target}`,
    );
  });
});
