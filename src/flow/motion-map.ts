import type { FlowField } from './field.ts';
import { checkPositive } from './option.ts';

export interface MotionMapOptions {
  /** Pixels of motion, above 0, from which on a pixel moves. */
  readonly threshold: number;
}

export const defaultMotionMap: MotionMapOptions = { threshold: 1 };

/**
 * Which pixels move, uint8 `[height, width]`, 1 where the flow is as long as the threshold or longer, and 0 elsewhere.
 *
 * Motion maps teach where the action is (Planamente et al., "Joint Encoding of Appearance and Motion Features with
 * Self-supervision for First Person Action Recognition", 2020). GTEA61's come with the data set, black and white
 * pictures made from motion of which the camera's own was taken away; how, and from which length on, the reports do
 * not say. Ours are a threshold on the flow as it is: a camera that turns makes everything move.
 *
 * @throws UserError when the threshold is not above 0
 */
export function motionMap(flow: FlowField, options: Partial<MotionMapOptions> = {}): Uint8Array {
  const { threshold } = { ...defaultMotionMap, ...options };
  checkPositive('threshold', threshold);
  return Uint8Array.from({ length: flow.width * flow.height }, (_, i) =>
    Math.hypot(flow.data[2 * i], flow.data[2 * i + 1]) >= threshold ? 1 : 0,
  );
}
