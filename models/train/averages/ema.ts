import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import type { AverageRule } from './average.ts';

/** An exponential moving average, as torch's AveragedModel with `get_ema_multi_avg_fn`. */
export const ema = defineKind({
  kind: 'ema',
  title: 'a moving average that keeps a share of itself at each step',
  options: () => z.strictObject({ decay: z.number().gt(0).lt(1).default(0.999) }),
  make: ({ decay }): AverageRule => ({ share: () => 1 - decay }),
});
