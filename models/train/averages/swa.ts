import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import type { AverageRule } from './average.ts';

/** Stochastic weight averaging (Izmailov et al. 2018): the plain mean, as torch's AveragedModel with `use_buffers`. */
export const swa = defineKind({
  kind: 'swa',
  title: 'the mean of the weights after every so many steps',
  options: () =>
    z.strictObject({ from: z.int().positive().default(1), every: z.int().positive().default(1) }),
  make: ({ from, every }): AverageRule => ({
    share: (step, taken) => (step < from || (step - from) % every !== 0 ? null : 1 / (taken + 1)),
  }),
});
