import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import { adamOptions, adamStep } from './adam.ts';
import type { UpdateRule } from './optimizer.ts';

/** Adam whose weights decay by themselves, `w ← w · (1 − rate · weightDecay)` (Loshchilov & Hutter 2019), as torch's. */
export const adamw = defineKind({
  kind: 'adamw',
  title: 'Adam with weight decay apart from the gradient',
  options: () => z.strictObject({ ...adamOptions, weightDecay: z.number().min(0).default(0.01) }),
  make: (options): UpdateRule => ({
    ...{ weightDecay: options.weightDecay, countsSteps: true },
    update: (step) =>
      adamStep(step, tf.mul(step.weight, 1 - step.rate * step.weightDecay), step.gradient, options),
  }),
});
