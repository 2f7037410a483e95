/** What inputs of RGB levels have in common. */
import { z } from 'zod';
import { imagenetNormalization } from '../core/normalization.ts';
import type { RgbImage } from '../image/image.ts';
import type { FrameSize } from './input.ts';

const channels = (value: z.ZodNumber) => z.tuple([value, value, value]);

/** Pixels, and how the graph normalises them: ImageNet's where nothing is said. */
export const rgbOptions = {
  height: z.int().positive(),
  width: z.int().positive(),
  mean: channels(z.number()).default(imagenetNormalization.mean),
  std: channels(z.number().positive()).default(imagenetNormalization.std),
};

/** Frames one after the other, each in the top left corner of `size`; what is beside a smaller one is black. */
export function packedFrames(frames: readonly RgbImage[], { height, width }: FrameSize): Uint8Array {
  const size = height * width * 3;
  const packed = new Uint8Array(frames.length * size);
  frames.forEach((frame, t) => {
    if (frame.width === width) {
      packed.set(frame.data, t * size);
      return;
    }
    const row = frame.width * 3;
    for (let y = 0; y < frame.height; y++) {
      packed.set(frame.data.subarray(y * row, (y + 1) * row), t * size + y * width * 3);
    }
  });
  return packed;
}

/** "224×224" */
export function sizeText({ height, width }: FrameSize): string {
  return `${width}×${height}`;
}

/** Options of a square input. */
export function square(size: number): FrameSize {
  return { height: size, width: size };
}
