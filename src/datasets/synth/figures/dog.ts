import type { Rng } from '../../../core/rng.ts';
import { type Colour, capsule, ellipse, type Paint, polygon, shade } from '../shape.ts';
import { bowl } from './bowl.ts';
import { type Figure, fabrics, ink } from './figure.ts';
import { quadruped } from './quadruped.ts';

const coats: readonly { coat: Colour; ear: Colour; patch?: Colour }[] = [
  { coat: [216, 168, 102], ear: [166, 112, 60] },
  { coat: [130, 86, 56], ear: [86, 54, 38] },
  { coat: [246, 242, 236], ear: [70, 62, 66], patch: [76, 68, 72] },
  { coat: [244, 232, 212], ear: [186, 118, 66], patch: [196, 130, 76] },
  { coat: [96, 92, 100], ear: [60, 56, 66] },
];

/** A dog: a deep chest on long legs, a long muzzle, hanging ears, a collar, a short tail held up. */
export function dog(rng: Rng): Figure {
  const { coat: colour, ear, patch } = rng.pick(coats);
  const coat: Paint = { colour, pattern: patch && { kind: 'spots', colour: patch, period: 0.3 } };
  const plain: Paint = { colour };
  const collar = rng.pick(fabrics);
  const muzzle = shade(colour, 1.08);
  const animal = {
    hip: [-0.36, 0.56],
    chest: [0.22, 0.58],
    hipRadius: 0.16,
    chestRadius: 0.21,
    leg: 0.46,
    limb: 0.072,
    neck: [0.2, 0.2],
    neckRadius: 0.14,
    coat,
    limbs: plain,
    paws: plain,
    head: [
      capsule([-0.16, -0.12], [0.02, -0.2], 0.05, 0.05, { colour: collar }),
      ellipse([0, 0], 0.2, 0.18, plain),
      capsule([0.1, -0.03], [0.35, -0.07], 0.115, 0.085, { colour: muzzle }),
      ellipse([0.42, -0.03], 0.055, 0.05, { colour: ink }),
      capsule([0.2, -0.13], [0.34, -0.125], 0.014, 0.012, { colour: ink, flat: true }),
      ellipse([0.11, 0.07], 0.032, 0.038, { colour: ink, flat: true }),
      polygon(
        [
          [-0.1, 0.12],
          [0.0, 0.1],
          [-0.06, -0.2],
          [-0.17, -0.16],
        ],
        { colour: ear },
        0.035,
      ),
    ],
    tail: (wag: number) => [
      capsule([0, 0], [-0.17 + 0.02 * wag, 0.16], 0.06, 0.05, plain),
      capsule([-0.17 + 0.02 * wag, 0.16], [-0.16 + 0.07 * wag, 0.3], 0.05, 0.03, { colour: ear }),
    ],
  } as const;
  const dish = bowl(0.82, rng.pick(fabrics));
  return ({ action, phase }) => {
    const shapes = quadruped(animal, action, phase);
    return action === 'eating' ? [...shapes, ...dish] : shapes;
  };
}
