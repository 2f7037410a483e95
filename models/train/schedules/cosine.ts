import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import type { Schedule } from './schedule.ts';

/** Torch's CosineAnnealingLR stepped once a batch (Loshchilov & Hutter 2017, without restarts). */
export const cosine = defineKind({
  kind: 'cosine',
  title: 'half a cosine wave, down to a floor at the end',
  options: () => z.strictObject({ floor: z.number().min(0).default(0) }),
  make: ({ floor }): Schedule => ({
    rate: (base, { step, steps }) => halfCosine(base, floor, (Math.PI * step) / steps),
  }),
});

/** Half a cosine wave from one rate to another. */
export function halfCosine(from: number, to: number, angle: number): number {
  return to + ((from - to) * (1 + Math.cos(angle))) / 2;
}
