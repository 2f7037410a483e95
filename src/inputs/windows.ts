import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { framesText } from './clip.ts';
import type { FrameSize, Input } from './input.ts';
import { packedFrames, rgbOptions, sizeText } from './rgb.ts';
import { type WindowPlan, window } from './window.ts';

const positive = z.int().positive();

/** Several windows around one key frame, one after the other, as a merged ensemble looks at: uint8 [frames, height, width, 3]. */
export const windows = defineKind({
  kind: 'windows',
  title: 'several windows around one key frame, one after the other',
  options: () =>
    z
      .strictObject({
        ...rgbOptions,
        windows: z
          .array(z.strictObject({ frames: positive, speed: positive, height: positive, width: positive }))
          .min(2),
      })
      .refine(
        ({ windows, height, width }) =>
          windows.every((window) => window.height <= height && window.width <= width),
        { path: ['windows'], message: 'none may be larger than the input' },
      ),
  make: ({ height, width, mean, std, windows }): Input => {
    const sizes = windows.flatMap(({ frames, height, width }) =>
      Array.from({ length: frames }, () => ({ height, width })),
    );
    return {
      shape: [sizes.length, height, width, 3],
      dtype: 'uint8',
      normalization: { mean, std },
      title: windows.map((window) => windowText(window, { height, width })).join(', then '),
      sizes,
      needs: (place) => windows.flatMap((plan) => window(place, plan)),
      prepare: (frames) => packedFrames(frames, { height, width }),
    };
  },
});

/** What is smaller than the input lies in its top left corner. */
function windowText({ frames, speed, ...size }: WindowPlan & FrameSize, input: FrameSize): string {
  const isSmall = size.height < input.height || size.width < input.width;
  const where = isSmall ? `${sizeText(size)} in the top left corner` : sizeText(size);
  if (frames === 1) return `the key frame, ${where}`;
  return `${framesText(frames)} of ${where}${speed > 1 ? `, ${speed} apart` : ''}, around it`;
}
