import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { halfCosine } from './cosine.ts';
import { count, type Schedule } from './schedule.ts';

/** SGDR (Loshchilov & Hutter 2017), as torch's CosineAnnealingWarmRestarts stepped once a batch. */
export const cosineRestarts = defineKind({
  kind: 'cosine-restarts',
  title: 'half cosine waves that start anew, each as long as the one before or some times longer',
  options: () =>
    z.strictObject({ epochs: count, longer: count.default(1), floor: z.number().min(0).default(0) }),
  make: ({ epochs, longer, floor }): Schedule => ({
    rate(base, { step, stepsPerEpoch }) {
      let [length, since] = [epochs * stepsPerEpoch, step];
      while (since >= length) {
        since -= length;
        length *= longer;
      }
      return halfCosine(base, floor, (Math.PI * since) / length);
    },
  }),
});
