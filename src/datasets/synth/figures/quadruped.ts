import type { A2dAction } from '../../../core/labels.ts';
import { capsule, type Paint, type Point, place, type Shape, setDown, shade } from '../shape.ts';
import { tau } from './figure.ts';

/** Measures of a four-legged body in units of its height, and its coat. */
export interface Quadruped {
  readonly hip: Point;
  readonly chest: Point;
  readonly hipRadius: number;
  readonly chestRadius: number;
  readonly leg: number;
  readonly limb: number;
  readonly neck: Point;
  readonly neckRadius: number;
  readonly coat: Paint;
  readonly limbs: Paint;
  readonly paws: Paint;
  /** The head about its own middle, facing +x. */
  readonly head: readonly Shape[];
  /** The tail from its root at the origin; `wag` −1…1. */
  readonly tail: (wag: number) => Shape[];
}

interface Stance {
  /** Swing of each leg (0 down, positive forward), and the bend of its lower half. */
  readonly legs: readonly [nearFore: number, farFore: number, nearHind: number, farHind: number];
  readonly bend: number;
  /** The body's own pitch before the whole is turned, and where the neck points (0 as built, negative down). */
  readonly neck: number;
  readonly turn: number;
}

function stanceOf(action: A2dAction, phase: number): Stance {
  const swing = Math.sin(tau * phase);
  const gait = 0.5 * swing;
  switch (action) {
    case 'climbing':
      return {
        legs: [0.45 * swing, -0.45 * swing, -0.4 * swing, 0.4 * swing],
        bend: 0.15,
        neck: -0.35,
        turn: 1.38,
      };
    case 'crawling':
      return {
        legs: [1.35 + 0.2 * swing, 1.35 - 0.2 * swing, -1.35 - 0.2 * swing, -1.35 + 0.2 * swing],
        bend: 0.1,
        neck: -0.75,
        turn: 0,
      };
    case 'eating':
      return { legs: [0.32, 0.15, -0.1, -0.3], bend: 0.1, neck: -1.35 + 0.12 * swing, turn: -0.12 };
    case 'jumping':
      return { legs: [1.15, 1.0, -1.15, -1.3], bend: 0.15, neck: 0.15, turn: 0.42 };
    case 'rolling':
      return {
        legs: [0.4 + 0.3 * swing, 0.1 - 0.3 * swing, -0.4 + 0.3 * swing, -0.1 - 0.3 * swing],
        bend: 0.9,
        neck: -0.2,
        turn: Math.PI + 0.75 * swing,
      };
    default:
      return { legs: [gait, -gait, -gait, gait], bend: 0.28, neck: 0, turn: 0 };
  }
}

/** A four-legged figure at one moment. */
export function quadruped(animal: Quadruped, action: A2dAction, phase: number): Shape[] {
  const { hip, chest, hipRadius, chestRadius, limb, coat } = animal;
  const stance = stanceOf(action, phase);
  const leg = (root: Point, swing: number, bend: number, far: boolean): Shape[] => {
    const dim = (paint: Paint): Paint => (far ? { colour: shade(paint.colour, 0.72) } : paint);
    const half = animal.leg / 2;
    const knee: Point = [root[0] + Math.sin(swing) * half, root[1] - Math.cos(swing) * half];
    const foot: Point = [knee[0] + Math.sin(swing + bend) * half, knee[1] - Math.cos(swing + bend) * half];
    return [
      capsule(foot, [foot[0] + limb * 0.7, foot[1]], limb * 0.95, limb * 0.85, dim(animal.paws)),
      capsule(knee, foot, limb * 0.95, limb * 0.8, dim(animal.limbs)),
      capsule(root, knee, limb * 1.5, limb, dim(animal.limbs)),
    ];
  };
  const fore: Point = [chest[0], chest[1] - chestRadius * 0.45];
  const hind: Point = [hip[0], hip[1] - hipRadius * 0.45];
  const [cos, sin] = [Math.cos(stance.neck), Math.sin(stance.neck)];
  const root: Point = [chest[0] + chestRadius * 0.35, chest[1] + chestRadius * 0.4];
  const [nx, ny] = animal.neck;
  const head: Point = [root[0] + nx * cos - ny * sin, root[1] + nx * sin + ny * cos];
  return setDown(
    [
      ...leg(fore, stance.legs[1], -stance.bend, true),
      ...leg(hind, stance.legs[3], stance.bend, true),
      ...place(animal.tail(Math.sin(tau * phase)), {
        at: [hip[0] - hipRadius * 0.75, hip[1] + hipRadius * 0.35],
      }),
      capsule(hip, chest, hipRadius, chestRadius, coat),
      ...leg(hind, stance.legs[2], stance.bend, false),
      ...leg(fore, stance.legs[0], -stance.bend, false),
      capsule(root, head, animal.neckRadius * 1.15, animal.neckRadius, coat),
      ...place(animal.head, { at: head, angle: stance.neck * 0.55 }),
    ],
    stance.turn,
  );
}
