import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { count, epochsBefore, factor, type Schedule } from './schedule.ts';

/** As torch's StepLR. */
export const step = defineKind({
  kind: 'step',
  title: 'times a factor every so many epochs',
  options: () => z.strictObject({ every: count, factor: factor.default(0.1) }),
  make: ({ every, factor }): Schedule => ({
    rate: (base, position) => base * factor ** Math.floor(epochsBefore(position) / every),
  }),
});
