import type { A2dAction } from '../../../core/labels.ts';
import { capsule, type Paint, type Point, type Shape, shade } from '../shape.ts';
import { type Bend, type Joints, tau } from './figure.ts';

/** A stride: legs and arms swing against each other. Walking, running and standing share it. */
function stride(phase: number): Joints {
  const swing = Math.sin(tau * phase);
  const lift = (offset: number) => 0.45 * Math.max(0, Math.cos(tau * phase + offset));
  return {
    lean: 0.06,
    nod: 0,
    nearArm: [-0.6 * swing, -0.6 * swing + 0.5],
    farArm: [0.6 * swing, 0.6 * swing + 0.5],
    nearLeg: [0.52 * swing, 0.52 * swing - 0.12 - lift(0)],
    farLeg: [-0.52 * swing, -0.52 * swing - 0.12 - lift(Math.PI)],
  };
}

/** The joints of an action after `phase` cycles. */
export function jointsOf(action: A2dAction, phase: number): Joints {
  const swing = Math.sin(tau * phase);
  switch (action) {
    case 'climbing':
      return {
        lean: 0.05,
        nod: -0.25,
        nearArm: [2.35 + 0.4 * swing, 2.75 + 0.3 * swing],
        farArm: [2.35 - 0.4 * swing, 2.75 - 0.3 * swing],
        nearLeg: [1.0 - 0.4 * swing, -0.35 - 0.25 * swing],
        farLeg: [1.0 + 0.4 * swing, -0.35 + 0.25 * swing],
      };
    case 'crawling':
      return {
        lean: 1.42,
        nod: -0.75,
        nearArm: [0.32 * swing, 0.32 * swing + 0.1],
        farArm: [-0.32 * swing, -0.32 * swing + 0.1],
        nearLeg: [0.25 - 0.3 * swing, -1.45],
        farLeg: [0.25 + 0.3 * swing, -1.45],
      };
    case 'eating':
      return {
        lean: 0.12 + 0.06 * swing,
        nod: 0.15 + 0.1 * swing,
        nearArm: [0.7 + 0.3 * swing, 1.9 + 0.7 * swing],
        farArm: [0.7, 1.45],
        nearLeg: [1.45, 0.05],
        farLeg: [1.4, -0.1],
      };
    case 'jumping':
      return {
        lean: -0.05,
        nod: -0.1,
        nearArm: [2.5 + 0.2 * swing, 2.75],
        farArm: [-2.5 - 0.2 * swing, -2.75],
        nearLeg: [0.75, -0.45],
        farLeg: [-0.55, -1.35],
      };
    case 'rolling':
      return {
        lean: 0.35,
        nod: 0.35,
        nearArm: [1.5 + 0.3 * swing, 1.2],
        farArm: [1.9 - 0.3 * swing, 1.6],
        nearLeg: [1.75 + 0.3 * swing, 0.35],
        farLeg: [1.45 - 0.3 * swing, 0.05],
        turn: Math.PI / 2 + 0.55 * swing,
      };
    default:
      return stride(phase);
  }
}

/** Lengths and thicknesses of a two-legged body, in units of its height. */
export interface Build {
  readonly torso: number;
  readonly girth: number;
  readonly thigh: number;
  readonly shin: number;
  readonly upperArm: number;
  readonly forearm: number;
  readonly limb: number;
  readonly head: number;
}

export interface Clothes {
  readonly top: Paint;
  readonly sleeve: Paint;
  readonly hips: Paint;
  readonly thigh: Paint;
  readonly shin: Paint;
  readonly skin: Paint;
  readonly foot: Paint;
}

const along = ([x, y]: Point, angle: number, length: number): Point => [
  x + Math.sin(angle) * length,
  y - Math.cos(angle) * length,
];

const darker = (paint: Paint): Paint => ({
  ...paint,
  colour: shade(paint.colour, 0.74),
  pattern: paint.pattern && { ...paint.pattern, colour: shade(paint.pattern.colour, 0.74) },
});

/** A body without its head, far limbs first, and where the head goes. The pelvis is the origin. */
export function body(joints: Joints, build: Build, clothes: Clothes) {
  const pelvis: Point = [0, 0];
  const chest = along(pelvis, Math.PI - joints.lean, build.torso);
  const shoulder = along(pelvis, Math.PI - joints.lean, build.torso * 0.92);
  const nearHand = along(
    along(shoulder, joints.nearArm[0], build.upperArm),
    joints.nearArm[1],
    build.forearm,
  );
  const { limb } = build;

  const arm = (bend: Bend, paint: (of: Paint) => Paint): Shape[] => {
    const elbow = along(shoulder, bend[0], build.upperArm);
    const hand = along(elbow, bend[1], build.forearm);
    return [
      capsule(elbow, hand, limb * 0.8, limb * 0.75, paint(clothes.skin)),
      capsule(shoulder, elbow, limb, limb * 0.9, paint(clothes.sleeve)),
    ];
  };
  const leg = (bend: Bend, paint: (of: Paint) => Paint): Shape[] => {
    const knee = along(pelvis, bend[0], build.thigh);
    const ankle = along(knee, bend[1], build.shin);
    const toe = along(ankle, bend[1] + Math.PI / 2, limb * 1.7);
    return [
      capsule(ankle, toe, limb * 0.85, limb * 0.65, paint(clothes.foot)),
      capsule(knee, ankle, limb * 1.05, limb * 0.85, paint(clothes.shin)),
      capsule(pelvis, knee, limb * 1.35, limb * 1.1, paint(clothes.thigh)),
    ];
  };
  const same = (paint: Paint) => paint;
  return {
    far: [...arm(joints.farArm, darker), ...leg(joints.farLeg, darker)],
    trunk: [
      capsule(pelvis, chest, build.girth * 0.92, build.girth, clothes.top),
      capsule(
        along(pelvis, joints.lean, build.girth * 0.1),
        pelvis,
        build.girth * 0.95,
        build.girth * 0.9,
        clothes.hips,
      ),
    ],
    near: leg(joints.nearLeg, same),
    arm: arm(joints.nearArm, same),
    head: along(chest, Math.PI - joints.lean - joints.nod, build.girth * 0.55 + build.head),
    /** Which way the face looks. */
    gaze: -(joints.lean + joints.nod),
    nearHand,
  };
}
