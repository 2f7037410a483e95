import { describe, expect, it } from 'vitest';
import { spreadFrames } from '../../src/inputs/spread.ts';
import { window } from '../../src/inputs/window.ts';

describe('a window', () => {
  const video = { key: 5, frameCount: 9 };
  it.each([
    [{ frames: 1, speed: 1 }, 5, [5]],
    [{ frames: 4, speed: 1 }, 5, [4, 5, 6, 7]],
    [{ frames: 5, speed: 2 }, 5, [1, 3, 5, 7, 9]],
    [{ frames: 4, speed: 1 }, 9, [6, 7, 8, 9]],
    [{ frames: 4, speed: 1, at: 'end' as const }, 5, [2, 3, 4, 5]],
    [{ frames: 4, speed: 1, at: 'end' as const }, 2, [1, 2, 3, 4]],
    [{ frames: 3, speed: 3, at: 'end' as const }, 9, [3, 6, 9]],
    [{ frames: 4, speed: 1, edge: 'zero' as const }, 1, [0, 1, 2, 3]],
    [{ frames: 4, speed: 1, edge: 'zero' as const }, 8, [7, 8, 9, 0]],
    [{ frames: 4, speed: 2, at: 'end' as const, edge: 'zero' as const }, 3, [0, 0, 1, 3]],
    [{ frames: 12, speed: 1 }, 5, [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]],
  ])('of %j at frame %i', (plan, key, numbers) => {
    expect(window({ ...video, key }, plan)).toEqual(numbers);
  });

  it.each(['shift', 'zero'] as const)('has its key frame in the video, where it would %s', (edge) => {
    for (const key of [0, 10, Number.NaN]) {
      expect(() => window({ key, frameCount: 9 }, { frames: 3, speed: 1, edge })).toThrow(
        `a clip's key frame must lie in 1–9; received ${key}`,
      );
    }
  });
});

describe('a spread', () => {
  it.each([
    [1, 1, [1]],
    [1, 9, [5]],
    [3, 30, [6, 16, 26]],
    [3, 3, [1, 2, 3]],
    [4, 2, [1, 1, 2, 2]],
    [16, 32, Array.from({ length: 16 }, (_, i) => 2 * i + 2)],
  ])('of %i frames over %i', (count, frameCount, numbers) => {
    expect(spreadFrames(count, frameCount)).toEqual(numbers);
  });
});
