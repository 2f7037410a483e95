import type { Rng } from '../../../core/rng.ts';
import {
  type Colour,
  capsule,
  ellipse,
  type Paint,
  place,
  polygon,
  props,
  type Shape,
  setDown,
  shade,
} from '../shape.ts';
import { type Build, body, type Clothes, jointsOf } from './biped.ts';
import { type Figure, fabrics, ink, skins, white } from './figure.ts';

const build: Build = {
  torso: 0.27,
  girth: 0.1,
  thigh: 0.22,
  shin: 0.22,
  upperArm: 0.17,
  forearm: 0.16,
  limb: 0.047,
  head: 0.115,
};

const hairColours: readonly Colour[] = [
  [50, 38, 34],
  [104, 68, 42],
  [168, 110, 58],
  [222, 184, 110],
  [150, 150, 156],
];

/** What an adult sits at to eat: a stool, and a table with a bowl. */
function table(cloth: Colour): { behind: Shape[]; front: Shape[] } {
  const wood: Paint = { colour: [150, 104, 70] };
  return {
    behind: props([
      capsule([-0.1, 0.25], [0.1, 0.25], 0.035, 0.035, wood),
      capsule([-0.09, 0.23], [-0.12, 0.02], 0.025, 0.02, wood),
      capsule([0.09, 0.23], [0.12, 0.02], 0.025, 0.02, wood),
    ]),
    front: props([
      capsule([0.5, 0.02], [0.5, 0.36], 0.03, 0.03, wood),
      capsule([0.3, 0.39], [0.7, 0.39], 0.035, 0.035, { colour: cloth }),
      polygon(
        [
          [0.38, 0.53],
          [0.44, 0.44],
          [0.56, 0.44],
          [0.62, 0.53],
        ],
        { colour: white },
        0.012,
      ),
      ellipse([0.5, 0.545], 0.1, 0.035, { colour: [224, 120, 70] }),
    ]),
  };
}

/** A grown person: long limbs, a small head, shirt and trousers or a dress. */
export function adult(rng: Rng): Figure {
  const skin: Paint = { colour: rng.pick(skins) };
  const [topColour, legColour, trim] = rng.shuffle(fabrics);
  const kind = rng.pick(['stripes', 'checks', 'spots', undefined, undefined] as const);
  const top: Paint = { colour: topColour, pattern: kind && { kind, colour: trim, period: 0.085 } };
  const dress = rng.chance(0.3);
  const bare = dress || rng.chance(0.25);
  const trousers: Paint = { colour: dress ? topColour : legColour };
  const clothes: Clothes = {
    top,
    sleeve: top,
    hips: dress ? top : trousers,
    thigh: trousers,
    shin: bare ? skin : trousers,
    skin,
    foot: { colour: shade(rng.pick(fabrics), 0.55) },
  };
  const hair: Paint = { colour: rng.pick(hairColours) };
  const longHair = rng.chance(dress ? 0.8 : 0.25);
  const hat = rng.chance(0.2) ? { colour: trim } : undefined;
  const seat = table(rng.pick(fabrics));
  const height = rng.uniform(0.94, 1.06);

  const head = (): Shape[] => {
    const r = build.head;
    return [
      ...(longHair ? [capsule([-0.45 * r, 0.2 * r], [-0.7 * r, -1.3 * r], 0.7 * r, 0.45 * r, hair)] : []),
      ellipse([0, 0], r * 0.92, r, skin),
      ellipse([-0.28 * r, 0.42 * r], 0.86 * r, 0.66 * r, hair, 0.5),
      ...(hat
        ? [
            capsule([-0.5 * r, 0.75 * r], [0.4 * r, 0.75 * r], 0.42 * r, 0.38 * r, hat),
            capsule([0.3 * r, 0.55 * r], [1.15 * r, 0.5 * r], 0.16 * r, 0.12 * r, hat),
          ]
        : []),
      ellipse([0.52 * r, 0.02 * r], 0.13 * r, 0.17 * r, { colour: ink, flat: true }),
      ellipse([0.95 * r, -0.12 * r], 0.16 * r, 0.13 * r, skin),
      capsule([0.5 * r, -0.5 * r], [0.74 * r, -0.46 * r], 0.07 * r, 0.07 * r, {
        colour: [180, 80, 80],
        flat: true,
      }),
    ];
  };

  return ({ action, phase, joints = jointsOf(action, phase) }) => {
    const parts = body(joints, build, clothes);
    const skirt: Shape[] =
      dress && action !== 'rolling'
        ? [
            polygon(
              [
                [-0.06, 0.06],
                [0.06, 0.06],
                [0.13, -0.16],
                [-0.13, -0.16],
              ],
              top,
              0.03,
            ),
          ].flatMap((shape) =>
            place([shape], { at: [0, 0], angle: action === 'eating' ? 1.2 : -joints.lean }),
          )
        : [];
    const shapes = [
      ...parts.far,
      ...parts.near,
      ...parts.trunk,
      ...skirt,
      ...place(head(), { at: parts.head, angle: parts.gaze }),
      ...parts.arm,
    ];
    if (action === 'eating') {
      const food = ellipse(parts.nearHand, 0.05, 0.045, { colour: [206, 150, 84] });
      return place([...seat.behind, ...setDown([...shapes, { ...food, prop: true }]), ...seat.front], {
        at: [0, 0],
        scale: height,
      });
    }
    return place(setDown(shapes, joints.turn), { at: [0, 0], scale: height });
  };
}
