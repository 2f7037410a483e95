import { expect, it } from 'vitest';
import { gatherWindows, windowNumbers } from '../../eval/windows.ts';
import { clipFrames } from '../../src/core/clip.ts';
import type { Place } from '../../src/inputs/input.ts';
import { window } from '../../src/inputs/window.ts';
import { fc, runs } from '../properties.ts';

const plan = fc
  .record({ frames: fc.integer({ min: 1, max: 9 }), speed: fc.integer({ min: 1, max: 4 }) })
  .map((plan) => ({ ...plan, needs: (place: Place) => window(place, plan) }));

/** Ascending key frames of a video, and plans. */
const task = fc.integer({ min: 1, max: 40 }).chain((frameCount) =>
  fc.record({
    frameCount: fc.constant(frameCount),
    keyFrames: fc
      .uniqueArray(fc.integer({ min: 1, max: frameCount }), { minLength: 1, maxLength: 8 })
      .map((numbers) => numbers.toSorted((a, b) => a - b)),
    plans: fc.array(plan, { minLength: 1, maxLength: 3 }),
    // Whether the decoder gives all frames, or only those that are wanted.
    all: fc.boolean(),
  }),
);

it('a video that passes by once gives each key frame the windows that looking them up would give, and no more is read', async () => {
  await fc.assert(
    fc.asyncProperty(task, async ({ frameCount, keyFrames, plans, all }) => {
      const numbers = windowNumbers(keyFrames, plans, frameCount);
      const wanted = new Set(numbers.flat(2));
      let last = 0;
      async function* frames() {
        for (let number = 1; number <= frameCount; number++) {
          if (!all && !wanted.has(number)) continue;
          last = number;
          yield { number, image: { width: 1, height: 1, data: Uint8Array.of(number, 0, 0) } };
        }
      }
      const gathered: unknown[] = [];
      for await (const { number, windows } of gatherWindows(keyFrames, numbers, frames())) {
        gathered.push([number, windows.map((window) => window.map(({ data }) => data[0]))]);
        // As soon as it can be, it is there.
        expect(last).toBeLessThanOrEqual(Math.max(...wanted));
      }
      expect(gathered).toEqual(
        keyFrames.map((target) => [
          target,
          plans.map((plan) => clipFrames({ target, count: plan.frames, speed: plan.speed, frameCount })),
        ]),
      );
      expect(last).toBe(Math.max(...wanted));
    }),
    runs(200),
  );
});

it('windows begin and end no earlier than those of the key frame before, which is what lets frames go', () => {
  fc.assert(
    fc.property(task, ({ frameCount, keyFrames, plans }) => {
      const numbers = windowNumbers(keyFrames, plans, frameCount).map((windows) => windows.flat());
      for (let i = 1; i < numbers.length; i++) {
        expect(Math.min(...numbers[i])).toBeGreaterThanOrEqual(Math.min(...numbers[i - 1]));
        expect(Math.max(...numbers[i])).toBeGreaterThanOrEqual(Math.max(...numbers[i - 1]));
      }
    }),
    runs(200),
  );
});
