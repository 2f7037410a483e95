import type { RgbImage } from '../image/image.ts';
import type { FlowField } from './field.ts';
import { checkPositive } from './option.ts';

export interface FlowImageOptions {
  /** Pixels of motion, above 0, that the largest and the smallest byte stand for; more is clipped. */
  readonly bound: number;
  /** What the third channel holds: how long the motion is, or nothing. */
  readonly third: 'magnitude' | 'zero';
}

/** The bound is that of Ng et al., "Beyond Short Snippets", 2015, whose third channel is zero. */
export const defaultFlowImage: FlowImageOptions = { bound: 40, third: 'magnitude' };

/** Steps of a byte to each side of 128, which is no motion; 0 is never used, so that both directions are alike. */
const steps = 127;

/**
 * A flow as a picture, for networks that look at RGB: x and y as 128 + round(127 · value / bound), from 1 to 255, and
 * the length as round(255 · length / bound), both clipped at the bound. Halves are rounded away from no motion, so
 * that a motion and its opposite are as far from 128. A value that is not a number counts as no motion.
 *
 * @throws UserError when the bound is not above 0
 */
export function toFlowImage(flow: FlowField, options: Partial<FlowImageOptions> = {}): RgbImage {
  const { bound, third } = { ...defaultFlowImage, ...options };
  checkPositive('bound', bound);
  const { width, height } = flow;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = clip(flow.data[2 * i], bound);
    const y = clip(flow.data[2 * i + 1], bound);
    data[3 * i] = 128 + awayFromZero((x / bound) * steps);
    data[3 * i + 1] = 128 + awayFromZero((y / bound) * steps);
    if (third === 'magnitude') data[3 * i + 2] = Math.round(Math.min(Math.hypot(x, y) / bound, 1) * 255);
  }
  return { width, height, data };
}

/**
 * The flow that a picture of `toFlowImage` with the same bound shows: each value within bound / 254 pixels of the one
 * that it was, and clipped ones at the bound. The third channel is not read: it says nothing that the others do not.
 *
 * @throws UserError when the bound is not above 0
 */
export function fromFlowImage(
  { width, height, data }: RgbImage,
  { bound }: Pick<FlowImageOptions, 'bound'> = defaultFlowImage,
): FlowField {
  checkPositive('bound', bound);
  const flow = new Float32Array(width * height * 2);
  for (let i = 0; i < width * height; i++) {
    flow[2 * i] = ((data[3 * i] - 128) / steps) * bound;
    flow[2 * i + 1] = ((data[3 * i + 1] - 128) / steps) * bound;
  }
  return { width, height, data: flow };
}

function clip(value: number, bound: number): number {
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, -bound), bound);
}

function awayFromZero(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
