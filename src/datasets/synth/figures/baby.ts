import type { Rng } from '../../../core/rng.ts';
import { capsule, ellipse, mix, type Paint, place, type Shape, setDown, shade } from '../shape.ts';
import { type Build, body, type Clothes, jointsOf } from './biped.ts';
import { type Figure, fabrics, ink, skins, white } from './figure.ts';

const build: Build = {
  torso: 0.24,
  girth: 0.16,
  thigh: 0.13,
  shin: 0.13,
  upperArm: 0.15,
  forearm: 0.13,
  limb: 0.068,
  head: 0.245,
};

/** A baby: a large round head with a tuft, a round body, short limbs, a nappy. */
export function baby(rng: Rng): Figure {
  const skin: Paint = { colour: rng.pick(skins) };
  const pastel = mix(rng.pick(fabrics), white, 0.35);
  const kind = rng.pick(['stripes', 'spots', undefined] as const);
  const top: Paint = rng.chance(0.2)
    ? skin
    : { colour: pastel, pattern: kind && { kind, colour: mix(rng.pick(fabrics), white, 0.2), period: 0.13 } };
  const nappy: Paint = { colour: [252, 250, 246] };
  const clothes: Clothes = { top, sleeve: top, hips: nappy, thigh: skin, shin: skin, skin, foot: skin };
  const tuft: Paint = {
    colour: rng.pick([
      [70, 48, 36],
      [150, 100, 56],
      [226, 190, 120],
    ]),
  };
  const cap = rng.chance(0.3) ? { colour: mix(rng.pick(fabrics), white, 0.25) } : undefined;

  const head = (): Shape[] => {
    const r = build.head;
    return [
      capsule([-0.1 * r, 0.9 * r], [0.25 * r, 1.12 * r], 0.13 * r, 0.06 * r, tuft),
      ellipse([0, 0], r, r * 0.96, skin),
      ...(cap ? [ellipse([-0.2 * r, 0.5 * r], 0.88 * r, 0.56 * r, cap, 0.35)] : []),
      ellipse([0.5 * r, 0.02], 0.12 * r, 0.16 * r, { colour: ink, flat: true }),
      ellipse([0.4 * r, -0.36 * r], 0.24 * r, 0.17 * r, {
        colour: mix(skin.colour, [236, 110, 110], 0.5),
        flat: true,
      }),
      ellipse([0.98 * r, -0.12 * r], 0.12 * r, 0.1 * r, { colour: shade(skin.colour, 0.96) }),
      ellipse([-0.18 * r, -0.08 * r], 0.17 * r, 0.2 * r, { colour: shade(skin.colour, 0.88) }),
    ];
  };

  return ({ action, phase }) => {
    const joints = jointsOf(action, phase);
    const parts = body(joints, build, clothes);
    const shapes = [
      ...parts.far,
      ...parts.near,
      ...parts.trunk,
      ...place(head(), { at: parts.head, angle: parts.gaze }),
      ...parts.arm,
    ];
    return setDown(shapes, joints.turn);
  };
}
