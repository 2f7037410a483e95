import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { flowLines as drawLines } from '../flow/lines.ts';
import { resizeBilinear } from '../image/resize.ts';
import { framesText } from './clip.ts';
import { type Input, noFrame } from './input.ts';
import { rgbOptions, sizeText } from './rgb.ts';
import { window } from './window.ts';

/**
 * The key frame with the ways of its corners through the frames around it, drawn at the video's own size and resized
 * then: uint8 [height, width, 3]. papers/001, flow-line models.
 */
export const flowLines = defineKind({
  kind: 'flow-lines',
  title: 'the key frame with the tracks of its corners drawn on it, or these alone',
  options: () =>
    z.strictObject({
      ...rgbOptions,
      /** That are tracked through, from the first to the last. */
      frames: z.int().min(2),
      speed: z.int().positive().default(1),
      /** What the lines are drawn on: the key frame, or black. */
      on: z.enum(['frame', 'black']).default('frame'),
    }),
  make: ({ height, width, mean, std, on, ...plan }): Input => ({
    shape: [height, width, 3],
    dtype: 'uint8',
    normalization: { mean, std },
    needsOpenCv: true,
    title: `tracks over ${framesText(plan.frames)} around the key frame, ${on === 'frame' ? 'on it' : 'on black'}, ${sizeText({ height, width })}`,
    sizes: Array.from({ length: plan.frames }, () => null),
    // The key frame stays in the middle: at a video's ends, its first or last frame is there again.
    needs: ({ key, frameCount }) =>
      window({ key, frameCount }, { ...plan, edge: 'zero' }).map((number, i) =>
        number === noFrame ? (i < middle(plan) ? 1 : frameCount) : number,
      ),
    prepare: async (frames) =>
      resizeBilinear(await drawLines(frames, { key: middle(plan), on }), width, height).data,
  }),
});

/** The key frame's place among the frames, from 0. */
function middle({ frames }: { frames: number }): number {
  return Math.floor((frames - 1) / 2);
}
