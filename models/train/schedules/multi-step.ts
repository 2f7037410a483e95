import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { count, epochsBefore, factor, type Schedule } from './schedule.ts';

/** As torch's MultiStepLR. */
export const multiStep = defineKind({
  kind: 'multi-step',
  title: 'times a factor after each of some numbers of epochs',
  options: () => z.strictObject({ after: z.array(count).min(1), factor: factor.default(0.1) }),
  make: ({ after, factor }): Schedule => ({
    rate: (base, position) =>
      base * factor ** after.filter((epochs) => epochs <= epochsBefore(position)).length,
  }),
});
