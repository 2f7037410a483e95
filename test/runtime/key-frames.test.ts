import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../src/core/timeline.ts';
import { keyFrames } from '../../src/runtime/key-frames.ts';

/** A timeline of frames that follow one another at a steady rate, in a container's ticks a second. */
function steady({
  frameCount,
  fps,
  rate,
  ticks = 30_000,
}: {
  frameCount: number;
  fps: number;
  rate: number;
  ticks?: number;
}) {
  const stamps = Array.from({ length: frameCount }, (_, i) => Math.round((i * ticks) / fps));
  return { ...timelineOf(stamps, ticks, Math.round(ticks / fps)), rate };
}

describe('keyFrames', () => {
  it('takes the middle of every stretch of 1/rate seconds', () => {
    expect(keyFrames(steady({ frameCount: 90, fps: 30, rate: 1 }))).toEqual([16, 46, 76]);
    expect(keyFrames(steady({ frameCount: 90, fps: 30, rate: 2 }))).toEqual([8, 23, 38, 53, 68, 83]);
    expect(keyFrames(steady({ frameCount: 100, fps: 30_000 / 1001, rate: 1 }))).toEqual([15, 45, 75]);
    expect(keyFrames(steady({ frameCount: 300, fps: 30, rate: 0.2 }))).toEqual([76, 226]);
  });

  it('gives a short video its middle frame', () => {
    expect(keyFrames(steady({ frameCount: 1, fps: 25, rate: 1 }))).toEqual([1]);
    expect(keyFrames(steady({ frameCount: 9, fps: 30, rate: 1 }))).toEqual([5]);
  });

  it('takes every frame once where the rate is that of the video or above', () => {
    for (const rate of [10, 25, 1000]) {
      expect(keyFrames(steady({ frameCount: 6, fps: 10, rate }))).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  it('takes the same of a container that counts in milliseconds', () => {
    for (const fps of [24, 25, 30, 50, 60]) {
      for (const rate of [0.5, 1, 2, 3, 5, fps]) {
        const exact = keyFrames(steady({ frameCount: 200, fps, rate, ticks: fps }));
        expect(keyFrames(steady({ frameCount: 200, fps, rate, ticks: 1000 })), `${fps} at ${rate}`).toEqual(
          exact,
        );
      }
    }
  });

  it('goes by when frames are shown, not by how many there are', () => {
    // Thirty frames in the first second, then five a second: a screen recording that calms down.
    const stamps = Array.from({ length: 60 }, (_, i) => (i < 30 ? i * 1000 : 30_000 + (i - 30) * 6000));
    const video = timelineOf(stamps, 30_000, 0);
    expect(video).toMatchObject({ duration: 7, fps: 8.571429 });
    const numbers = keyFrames({ ...video, rate: 1 });
    expect(numbers).toEqual([16, 33, 38, 43, 48, 53, 58]);
    expect(numbers.map((number) => video.times[number - 1])).toEqual([0.5, 1.4, 2.4, 3.4, 4.4, 5.4, 6.4]);
    // A frame that stays for two stretches is one key frame.
    expect(keyFrames({ ...timelineOf([0, 10, 250, 260], 100, 0), rate: 1 })).toEqual([2, 3]);
    expect(keyFrames({ ...timelineOf([0, 1, 900], 1000, 0), rate: 0.1 })).toEqual([2]);
  });

  it('counts from the first frame, wherever its stamp is', () => {
    const video = timelineOf([126_000, 129_600, 133_200], 90_000, 0);
    expect(video).toMatchObject({ times: [0, 0.04, 0.08], duration: 0.12, fps: 25 });
    expect(timelineOf([-5], 25, 0)).toMatchObject({ times: [0], duration: 0, fps: null });
  });

  it('gives a video that is too short for a stretch the frame that is shown in its middle', () => {
    const of = (times: number[], duration: number, tolerance = 0.001, rate = 0.2) =>
      keyFrames({ times, duration, fps: 1, tolerance, rate });
    expect(of([0], 0)).toEqual([1]);
    // The last one, which stays.
    expect(of([0, 0.1], 1)).toEqual([2]);
    // A start in the very middle, as far as stamps are sure: the one before it.
    expect(of([0, 0.4995], 1)).toEqual([1]);
    // The middle of a stretch of one second, no further from the end than that is sure.
    expect(of([0, 0.4], 0.502, 0.001, 1)).toEqual([1]);
    expect(of([0, 0.4], 0.506, 0.001, 1)).toEqual([2]);
  });

  it('refuses rates that are none', () => {
    for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => keyFrames(steady({ frameCount: 5, fps: 5, rate }))).toThrow(
        `the rate of key frames must be a positive number a second; received ${rate}`,
      );
    }
  });
});
