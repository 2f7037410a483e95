import type { Rng } from '../../../core/rng.ts';
import { type Colour, capsule, ellipse, type Paint, polygon, shade } from '../shape.ts';
import { bowl } from './bowl.ts';
import { type Figure, fabrics, ink, white } from './figure.ts';
import { quadruped } from './quadruped.ts';

const coats: readonly { coat: Colour; stripe?: Colour; pale: Colour }[] = [
  { coat: [236, 156, 76], stripe: [200, 108, 44], pale: [252, 226, 190] },
  { coat: [150, 150, 160], stripe: [100, 100, 114], pale: [226, 226, 230] },
  { coat: [66, 62, 74], pale: [92, 88, 102] },
  { coat: [246, 242, 234], pale: [255, 252, 248] },
  { coat: [176, 136, 96], stripe: [112, 80, 56], pale: [238, 218, 190] },
];

/** A cat: slim, a round head with pointed ears, a long tail carried high in a curve. */
export function cat(rng: Rng): Figure {
  const { coat: colour, stripe, pale } = rng.pick(coats);
  const coat: Paint = { colour, pattern: stripe && { kind: 'stripes', colour: stripe, period: 0.17 } };
  const plain: Paint = { colour };
  const socks = rng.chance(0.5) ? white : pale;
  const eye: Colour = rng.pick([
    [96, 190, 96],
    [240, 200, 70],
    [90, 170, 220],
  ]);
  const r = 0.225;
  const animal = {
    hip: [-0.36, 0.42],
    chest: [0.22, 0.45],
    hipRadius: 0.16,
    chestRadius: 0.145,
    leg: 0.36,
    limb: 0.06,
    neck: [0.2, 0.24],
    neckRadius: 0.12,
    coat,
    limbs: plain,
    paws: { colour: socks },
    head: [
      polygon(
        [
          [-0.16, 0.1],
          [-0.02, 0.16],
          [-0.13, 0.36],
        ],
        { colour: shade(colour, 0.8) },
        0.012,
      ),
      polygon(
        [
          [0.0, 0.16],
          [0.15, 0.11],
          [0.12, 0.37],
        ],
        plain,
        0.012,
      ),
      polygon(
        [
          [0.05, 0.17],
          [0.12, 0.14],
          [0.11, 0.29],
        ],
        { colour: [232, 150, 150], flat: true },
      ),
      ellipse([0, 0], r, r * 0.88, coat),
      ellipse([0.13, -0.08], 0.11, 0.085, { colour: pale }),
      ellipse([0.09, 0.045], 0.045, 0.05, { colour: eye, flat: true }),
      ellipse([0.1, 0.045], 0.02, 0.042, { colour: ink, flat: true }),
      ellipse([0.225, -0.04], 0.03, 0.024, { colour: [220, 110, 120], flat: true }),
    ],
    tail: (wag: number) => {
      const sway = 0.05 * wag;
      return [
        capsule([0, 0], [-0.22, 0.2], 0.062, 0.058, plain),
        capsule([-0.22, 0.2], [-0.2 + sway, 0.46], 0.058, 0.054, plain),
        capsule([-0.2 + sway, 0.46], [-0.34 + sway, 0.62], 0.054, 0.05, {
          colour: stripe ?? shade(colour, 0.85),
        }),
      ];
    },
  } as const;
  const dish = bowl(0.74, rng.pick(fabrics));
  return ({ action, phase }) => {
    const shapes = quadruped(animal, action, phase);
    return action === 'eating' ? [...shapes, ...dish] : shapes;
  };
}
