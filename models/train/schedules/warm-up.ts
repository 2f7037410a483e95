import { z } from 'zod';
import { defineKind, type KindValue } from '../../../src/core/kind.ts';
import { count, type Schedule } from './schedule.ts';

/** A straight line up to the rate, then another schedule, as torch's LinearLR and it in a SequentialLR. */
export const warmUp = defineKind<z.ZodObject, Schedule>({
  kind: 'warm-up',
  title: 'a straight line up to the rate, then another schedule for the steps that are left',
  options: (inner) =>
    z.strictObject({
      steps: count,
      /** The first rate's share of the rate. */
      from: z.number().gt(0).max(1).default(0.1),
      after: inner,
    }),
  make(options, inner) {
    const { steps, from, after: value } = options as { steps: number; from: number; after: KindValue };
    const schedule = inner(value);
    return {
      ...schedule,
      rate(base, position, memory) {
        if (position.step < steps) return base * (from + ((1 - from) * position.step) / steps);
        const rest = { ...position, step: position.step - steps, steps: position.steps - steps };
        return schedule.rate(base, rest, memory);
      },
    };
  },
});
