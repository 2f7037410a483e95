import type { A2dAction } from '../../../core/labels.ts';
import type { Rng } from '../../../core/rng.ts';
import type { Colour, Shape } from '../shape.ts';

/** What a figure is doing at one moment. */
export interface Pose {
  readonly action: A2dAction;
  /** How far the movement has gone, in cycles: steps, wing beats, turns. */
  readonly phase: number;
  /** An adult's joints, where they are none of an action's. */
  readonly joints?: Joints;
}

/**
 * A dressed actor: its shapes in a pose, facing +x, standing on y = 0, about one unit tall when upright.
 * Clothes, coat and build are chosen when the figure is made and stay the same for a video.
 */
export type Figure = (pose: Pose) => Shape[];

/** Makes a figure of one actor, differently dressed each time. */
export type Wardrobe = (rng: Rng) => Figure;

export const tau = 2 * Math.PI;

export const white: Colour = [250, 248, 242];
export const ink: Colour = [38, 34, 44];

/** Soft fabric and paint colours. */
export const fabrics: readonly Colour[] = [
  [214, 84, 82],
  [238, 150, 75],
  [244, 203, 92],
  [104, 176, 120],
  [74, 158, 172],
  [82, 124, 196],
  [146, 110, 184],
  [222, 122, 160],
  [240, 236, 224],
  [70, 78, 100],
];

export const skins: readonly Colour[] = [
  [248, 214, 184],
  [236, 188, 150],
  [206, 150, 108],
  [156, 104, 72],
  [128, 88, 64],
];

/** Angles of a two-part limb in radians: 0 hangs down, positive swings forward. */
export type Bend = readonly [upper: number, lower: number];

/** The joints of a two-legged body at one moment. Angles in radians; `lean` 0 is upright, π/2 lies forward. */
export interface Joints {
  readonly lean: number;
  /** The head's own tilt on top of the lean. */
  readonly nod: number;
  readonly nearArm: Bend;
  readonly farArm: Bend;
  readonly nearLeg: Bend;
  readonly farLeg: Bend;
  /** The whole body turned, after the joints. */
  readonly turn?: number;
}
