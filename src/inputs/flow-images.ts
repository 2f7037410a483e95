import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { defaultFlowImage, toFlowImage } from '../flow/images.ts';
import { fieldsOf, flowOptions, flowsText, pairSizes, pairsOf } from './flow.ts';
import type { Input } from './input.ts';
import { packedFrames, rgbOptions } from './rgb.ts';

/** Optical flow as pictures, for networks that look at RGB (`toFlowImage`): uint8 [frames, height, width, 3]. */
export const flowImages = defineKind({
  kind: 'flow-images',
  title: 'dense optical flow as pictures',
  options: () =>
    z.strictObject({
      ...flowOptions,
      ...{ mean: rgbOptions.mean, std: rgbOptions.std },
      /** Pixels of motion that the largest level stands for. */
      bound: z.number().positive().default(defaultFlowImage.bound),
    }),
  make: ({ mean, std, bound, ...plan }): Input => {
    const { height, width, frames } = plan;
    return {
      shape: [frames, height, width, 3],
      dtype: 'uint8',
      normalization: { mean, std },
      needsOpenCv: true,
      title: `${flowsText(plan)}, as pictures`,
      sizes: pairSizes(plan),
      needs: (place) => pairsOf(place, plan),
      prepare: async (images) => {
        const fields = await fieldsOf(images, plan);
        return packedFrames(
          fields.map((field) => toFlowImage(field, { bound })),
          { height, width },
        );
      },
    };
  },
});
