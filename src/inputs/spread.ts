import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { framesText } from './clip.ts';
import type { Input } from './input.ts';
import { packedFrames, rgbOptions, sizeText } from './rgb.ts';

/** Equally spaced frames of a whole video: uint8 [frames, height, width, 3]. */
export const spread = defineKind({
  kind: 'spread',
  title: 'equally spaced frames of the whole video',
  options: () => z.strictObject({ ...rgbOptions, frames: z.int().positive() }),
  make: ({ height, width, mean, std, frames: count }): Input => ({
    shape: [count, height, width, 3],
    dtype: 'uint8',
    normalization: { mean, std },
    title: `${framesText(count)} of ${sizeText({ height, width })}, equally spaced over the video`,
    sizes: Array.from({ length: count }, () => ({ height, width })),
    needs: ({ frameCount }) => spreadFrames(count, frameCount),
    prepare: (frames) => packedFrames(frames, { height, width }),
  }),
});

/**
 * The 1-based numbers of `count` frames, each from the middle of its own of as many equal parts of a video; a video of
 * fewer frames repeats some.
 *
 * @example spreadFrames(3, 30); // [6, 16, 26]
 */
export function spreadFrames(count: number, frameCount: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * frameCount) / count) + 1);
}
