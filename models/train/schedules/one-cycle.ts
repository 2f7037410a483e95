import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { halfCosine } from './cosine.ts';
import type { Schedule } from './schedule.ts';

/** Smith & Topin's one cycle (2018), as torch's OneCycleLR: the stage's rate is the highest. */
export const oneCycle = defineKind({
  kind: 'one-cycle',
  title: 'up to the rate, then far down, once over the whole',
  options: () =>
    z.strictObject({
      /** Share of the steps that go up. */
      rise: z.number().gt(0).lt(1).default(0.3),
      /** The first rate is the highest divided by this; the last is the first divided by `end`. */
      start: z.number().min(1).default(25),
      end: z.number().min(1).default(1e4),
    }),
  make: ({ rise, start, end }): Schedule => ({
    rate(base, { step, steps }) {
      const first = base / start;
      const top = rise * steps - 1;
      if (top > 0 && step <= top) return halfCosine(first, base, (Math.PI * step) / top);
      return halfCosine(base, first / end, (Math.PI * (step - top)) / (steps - 1 - top));
    },
  }),
});
