import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { count, factor, type Schedule } from './schedule.ts';

/** Cyclical rates (Smith 2017), as torch's CyclicLR: the stage's rate is the lowest, `peak` times it the highest. */
export const cyclic = defineKind({
  kind: 'cyclic',
  title: 'up to a peak and down again, over and over; peaks may shrink with each cycle',
  options: () =>
    z.strictObject({
      /** Times the stage's rate. */
      peak: z.number().gt(1).default(10),
      /** Steps from the lowest to the highest rate, and back: as many where none are given. */
      up: count,
      down: count.optional(),
      /** What a peak's height is multiplied by from one cycle to the next. */
      shrink: factor.max(1).default(1),
    }),
  make: ({ peak, up, down = up, shrink }): Schedule => ({
    rate(base, { step }) {
      const cycle = Math.floor(step / (up + down));
      const since = step - cycle * (up + down);
      const height = since <= up ? since / up : 1 - (since - up) / down;
      return base + (peak - 1) * base * height * shrink ** cycle;
    },
  }),
});
