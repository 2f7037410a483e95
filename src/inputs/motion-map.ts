import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { denseFlow } from '../flow/farneback.ts';
import { defaultMotionMap, motionMap as mapOf } from '../flow/motion-map.ts';
import type { Input } from './input.ts';
import { sizeText } from './rgb.ts';

/** Where something moves from the key frame to the next: float32 [height, width, 1], 1 where it does, else 0. */
export const motionMap = defineKind({
  kind: 'motion-map',
  title: 'where something moves at the key frame',
  options: () =>
    z.strictObject({
      height: z.int().positive(),
      width: z.int().positive(),
      /** Pixels of the input's size from which on it counts. */
      threshold: z.number().positive().default(defaultMotionMap.threshold),
    }),
  make: ({ height, width, threshold }): Input => ({
    shape: [height, width, 1],
    dtype: 'float32',
    normalization: null,
    needsOpenCv: true,
    title: `where something moves at the key frame, ${sizeText({ height, width })}`,
    sizes: [
      { height, width },
      { height, width },
    ],
    needs: ({ key, frameCount }) => {
      const start = Math.min(key, Math.max(1, frameCount - 1));
      return [start, Math.min(start + 1, frameCount)];
    },
    prepare: async ([from, to]) => Float32Array.from(mapOf(await denseFlow(from, to), { threshold })),
  }),
});
