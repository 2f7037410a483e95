import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import type { Input } from './input.ts';
import { packedFrames, rgbOptions, sizeText } from './rgb.ts';
import { window } from './window.ts';

/** Frames around the key frame, or up to it: uint8 [frames, height, width, 3]. */
export const clip = defineKind({
  kind: 'clip',
  title: 'frames around the key frame, or up to it',
  options: () =>
    z.strictObject({
      ...rgbOptions,
      frames: z.int().positive(),
      /** The step between them. */
      speed: z.int().positive().default(1),
      /** Where the key frame lies among them. */
      at: z.enum(['centre', 'end']).default('centre'),
      /** Beyond the video: the whole window moves inside it, or frames are black. */
      edge: z.enum(['shift', 'zero']).default('shift'),
    }),
  make: ({ height, width, mean, std, ...plan }): Input => ({
    shape: [plan.frames, height, width, 3],
    dtype: 'uint8',
    normalization: { mean, std },
    title: `${framesText(plan.frames)} of ${sizeText({ height, width })}${stepText(plan)}, ${placeText(plan)}`,
    sizes: Array.from({ length: plan.frames }, () => ({ height, width })),
    needs: (place) => window(place, plan),
    prepare: (frames) => packedFrames(frames, { height, width }),
  }),
});

export function framesText(count: number): string {
  return `${count} frame${count === 1 ? '' : 's'}`;
}

function stepText({ frames, speed }: { frames: number; speed: number }): string {
  return speed > 1 && frames > 1 ? `, ${speed} apart` : '';
}

function placeText({ at, edge }: { at: 'centre' | 'end'; edge: 'shift' | 'zero' }): string {
  const place = at === 'end' ? 'up to the key frame' : 'around the key frame';
  return edge === 'zero' ? `${place}, black beyond the video` : place;
}
