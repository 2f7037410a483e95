import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { prefetch } from '../../eval/prefetch.ts';
import { gatherWindows, windowNumbers } from '../../eval/windows.ts';
import { clipFrames } from '../../src/core/clip.ts';
import type { RgbImage } from '../../src/image/image.ts';
import type { Place } from '../../src/inputs/input.ts';
import { window } from '../../src/inputs/window.ts';

const plans = [
  { frames: 1, speed: 1 },
  { frames: 16, speed: 1 },
  { frames: 8, speed: 2 },
].map((plan) => ({ ...plan, needs: (place: Place) => window(place, plan) }));
const frame = (number: number): RgbImage => ({ width: 1, height: 1, data: Uint8Array.of(number, 0, 0) });

/** A video as the decoder streams it: the wanted frames once each, ascending. */
async function* stream(wanted: Iterable<number>, seen: number[] = []) {
  for (const number of [...new Set(wanted)].sort((a, b) => a - b)) {
    seen.push(number);
    yield { number, image: frame(number) };
  }
}

describe('gatherWindows', () => {
  it.each([
    [1, [1]],
    [5, [3]],
    [20, [1, 2, 10, 20]],
    [100, [16, 46, 76, 100]],
    [60, Array.from({ length: 60 }, (_, i) => i + 1)],
  ])('gives every key frame of %i frames its windows', async (frameCount, keyFrames) => {
    const numbers = windowNumbers(keyFrames, plans, frameCount);
    const gathered = [];
    for await (const { number, windows } of gatherWindows(keyFrames, numbers, stream(numbers.flat(2)))) {
      gathered.push({ number, windows: windows.map((window) => window.map(({ data }) => data[0])) });
    }
    expect(gathered).toEqual(
      keyFrames.map((target) => ({
        number: target,
        windows: plans.map(({ frames, speed }) => clipFrames({ target, count: frames, speed, frameCount })),
      })),
    );
  });

  it('answers as soon as a window is full, and reads no further than the last', async () => {
    const numbers = windowNumbers([10, 40], plans, 100);
    const seen: number[] = [];
    const windows = gatherWindows(
      [10, 40],
      numbers,
      stream(
        Array.from({ length: 100 }, (_, i) => i + 1),
        seen,
      ),
    );
    expect((await windows.next()).value?.number).toBe(10);
    expect(seen.at(-1)).toBe(Math.max(...numbers[0].flat()));
    await windows.next();
    expect((await windows.next()).done).toBe(true);
    expect(seen.at(-1)).toBe(Math.max(...numbers[1].flat()));
  });

  it('lets go of the frames that no later window needs', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const keyFrames = Array.from({ length: 30 }, (_, i) => 10 + 6 * i);
    const numbers = windowNumbers(keyFrames, plans, 200);
    const made: WeakRef<RgbImage>[] = [];
    async function* decoded() {
      for await (const { number, image } of stream(numbers.flat(2))) {
        made.push(new WeakRef(image));
        yield { number, image };
      }
    }
    for await (const { number } of gatherWindows(keyFrames, numbers, decoded())) {
      if (number !== 94 && number !== 184) continue;
      // A WeakRef holds what was made or asked for in this turn.
      await setImmediate();
      collect();
      const left = made.filter((image) => image.deref()).length;
      // A window spans 16 frames, and one more frame may be on its way.
      expect([left >= 16, left <= 17], `${left} of ${made.length}`).toEqual([true, true]);
    }
    expect(made.length).toBeGreaterThan(180);
  });

  it('does not pass over a video that ends too early', async () => {
    const numbers = windowNumbers([10], plans, 30);
    await expect(gatherWindows([10], numbers, stream([1, 2, 3])).next()).rejects.toThrow(
      'before key frame 10',
    );
  });
});

describe('prefetch', () => {
  it('keeps the order, and a bounded number of jobs ahead', async () => {
    let started = 0;
    const jobs = Array.from({ length: 6 }, (_, i) => async () => {
      started++;
      await new Promise((resolve) => setTimeout(resolve, 6 - i));
      return i;
    });
    const results: number[] = [];
    for await (const result of prefetch(jobs, 2)) {
      results.push(result);
      expect(started).toBe(Math.min(result + 3, 6));
    }
    expect(results).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('throws a failure in its turn', async () => {
    const jobs = [async () => 1, () => Promise.reject(new Error('second')), async () => 3];
    const results = prefetch(jobs, 2);
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('second');
  });
});
