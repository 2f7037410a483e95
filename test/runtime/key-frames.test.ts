import { describe, expect, it } from 'vitest';
import { keyFrames } from '../../src/runtime/key-frames.ts';

describe('keyFrames', () => {
  it('takes the middle of every stretch of 1/rate seconds', () => {
    expect(keyFrames({ frameCount: 90, fps: 30, rate: 1 })).toEqual([16, 46, 76]);
    expect(keyFrames({ frameCount: 90, fps: 30, rate: 2 })).toEqual([8, 23, 38, 53, 68, 83]);
    expect(keyFrames({ frameCount: 100, fps: 29.97, rate: 1 })).toEqual([15, 45, 75]);
    expect(keyFrames({ frameCount: 300, fps: 30, rate: 0.2 })).toEqual([76, 226]);
  });

  it('gives a short video its middle frame', () => {
    expect(keyFrames({ frameCount: 1, fps: 25, rate: 1 })).toEqual([1]);
    expect(keyFrames({ frameCount: 9, fps: 30, rate: 1 })).toEqual([5]);
  });

  it('takes every frame once where the rate is that of the video or above', () => {
    for (const rate of [10, 25, 1000]) {
      expect(keyFrames({ frameCount: 6, fps: 10, rate })).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  it('refuses rates that are none', () => {
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => keyFrames({ frameCount: 5, fps: 5, rate })).toThrow(
        `the rate of key frames must be a positive number a second; received ${rate}`,
      );
    }
  });
});
