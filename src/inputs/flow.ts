import { z } from 'zod';
import { defineKind } from '../core/kind.ts';
import { defaultFarneback, denseFlow } from '../flow/farneback.ts';
import type { FlowField } from '../flow/field.ts';
import type { RgbImage } from '../image/image.ts';
import type { Input, Place } from './input.ts';
import { sizeText } from './rgb.ts';
import { spreadFrames } from './spread.ts';
import { window } from './window.ts';

const positive = z.int().positive();

/** Which flows of a video are looked at, each from a frame to the next one. */
export const flowOptions = {
  height: positive,
  width: positive,
  /** How many flows. */
  frames: positive,
  /** Equally spaced over the whole video, or around the key frame, or up to it. */
  at: z.enum(['video', 'centre', 'end']).default('centre'),
  /** The step between flows around a key frame. */
  speed: positive.default(1),
  /** Farnebäck's, as of `denseFlow`. */
  farneback: z
    .strictObject({
      pyramidScale: z.number().gt(0).lt(1).default(defaultFarneback.pyramidScale),
      levels: z.int().min(0).default(defaultFarneback.levels),
      windowSize: positive.default(defaultFarneback.windowSize),
      iterations: positive.default(defaultFarneback.iterations),
      polynomialSize: positive.default(defaultFarneback.polynomialSize),
      polynomialSigma: z.number().positive().default(defaultFarneback.polynomialSigma),
    })
    .default(defaultFarneback),
};

type FlowPlan = z.infer<z.ZodObject<typeof flowOptions>>;

/**
 * Dense optical flow in pixels of the input's size, x and then y, from a frame to the next one of the video: float32
 * [frames, height, width, 2] as a clip, or [height, width, 2 · frames] as a stack of channels, every x before every y.
 */
export const flow = defineKind({
  kind: 'flow',
  title: 'dense optical flow, as a clip or as a stack of channels',
  options: () => z.strictObject({ ...flowOptions, layout: z.enum(['clip', 'stack']).default('clip') }),
  make: ({ layout, ...plan }): Input => {
    const { height, width, frames } = plan;
    return {
      shape: layout === 'clip' ? [frames, height, width, 2] : [height, width, 2 * frames],
      dtype: 'float32',
      normalization: null,
      needsOpenCv: true,
      title: `${flowsText(plan)}${layout === 'clip' ? '' : ', as channels'}`,
      sizes: pairSizes(plan),
      needs: (place) => pairsOf(place, plan),
      prepare: async (images) => {
        const fields = await fieldsOf(images, plan);
        return layout === 'clip' ? asClip(fields) : asStack(fields);
      },
    };
  },
});

/** "16 flows of 224×224, equally spaced over the video" */
export function flowsText({ height, width, frames, at, speed }: FlowPlan): string {
  const where = {
    video: 'equally spaced over the video',
    centre: 'around the key frame',
    end: 'up to the key frame',
  }[at];
  const step = speed > 1 && at !== 'video' ? `, ${speed} apart` : '';
  return `${frames} flow${frames === 1 ? '' : 's'} of ${sizeText({ height, width })}${step}, ${where}`;
}

export function pairSizes({ height, width, frames }: FlowPlan) {
  return Array.from({ length: 2 * frames }, () => ({ height, width }));
}

/** Two frame numbers a flow. A video's last frame has none after it: its flow is that to itself. */
export function pairsOf({ key, frameCount }: Place, { frames, at, speed }: FlowPlan): number[] {
  const starts = Math.max(1, frameCount - 1);
  const first =
    at === 'video'
      ? spreadFrames(frames, starts)
      : window({ key: Math.min(key, starts), frameCount: starts }, { frames, speed, at });
  return first.flatMap((number) => [number, Math.min(number + 1, frameCount)]);
}

/** @param images two a flow */
export async function fieldsOf(images: readonly RgbImage[], { farneback }: FlowPlan): Promise<FlowField[]> {
  const fields: FlowField[] = [];
  for (let i = 0; i < images.length; i += 2) {
    fields.push(await denseFlow(images[i], images[i + 1], farneback));
  }
  return fields;
}

function asClip(fields: readonly FlowField[]): Float32Array {
  const [{ data }] = fields;
  const values = new Float32Array(fields.length * data.length);
  fields.forEach((field, t) => {
    values.set(field.data, t * data.length);
  });
  return values;
}

function asStack(fields: readonly FlowField[]): Float32Array {
  const count = fields.length;
  const pixels = fields[0].data.length / 2;
  const values = new Float32Array(2 * count * pixels);
  fields.forEach(({ data }, t) => {
    for (let pixel = 0; pixel < pixels; pixel++) {
      values[pixel * 2 * count + t] = data[pixel * 2];
      values[pixel * 2 * count + count + t] = data[pixel * 2 + 1];
    }
  });
  return values;
}
