import type { A2dAction, A2dActor } from '../../core/labels.ts';
import type { Rng } from '../../core/rng.ts';
import {
  type Colour,
  capsule,
  ellipse,
  mix,
  type Point,
  polygon,
  props,
  type Shape,
  shade,
} from './shape.ts';

const rect = (x0: number, y0: number, x1: number, y1: number): Point[] => [
  [x0, y0],
  [x1, y0],
  [x1, y1],
  [x0, y1],
];

/** What climbers climb, `reach` figure units in front of them and `height` tall: a trunk, a ladder or a rock face. */
function climb(rng: Rng, reach: number, height: number): Shape[] {
  const kind = rng.pick(['trunk', 'ladder', 'rock'] as const);
  if (kind === 'ladder') {
    const paint = {
      colour: rng.pick<Colour>([
        [196, 150, 96],
        [214, 96, 84],
        [120, 140, 170],
      ]),
    };
    const rungs = Array.from({ length: Math.ceil(height / 0.2) }, (_, i) =>
      capsule([reach, 0.12 + 0.2 * i], [reach + 0.28, 0.12 + 0.2 * i], 0.026, 0.026, paint),
    );
    return [
      ...rungs,
      capsule([reach, 0], [reach, height], 0.035, 0.035, paint),
      capsule([reach + 0.28, 0], [reach + 0.28, height], 0.035, 0.035, paint),
    ];
  }
  if (kind === 'trunk') {
    const colour: Colour = [128, 94, 66];
    const bark = { colour, pattern: { kind: 'stripes', colour: shade(colour, 0.84), period: 0.09 } as const };
    const leaf = {
      colour: rng.pick<Colour>([
        [88, 150, 84],
        [120, 168, 80],
        [206, 148, 70],
      ]),
    };
    const crown = Array.from({ length: 4 }, (_, i) =>
      ellipse([reach + 0.2 + rng.uniform(-0.4, 0.4), height - 0.12 * i], 0.34, 0.22, leaf),
    );
    return [polygon(rect(reach + 0.03, 0, reach + 0.33, height), bark, 0.03), ...crown];
  }
  const colour: Colour = rng.pick([
    [156, 150, 150],
    [178, 150, 124],
  ]);
  const ledges = Array.from({ length: Math.ceil(height / 0.3) }, (_, i) =>
    ellipse([reach + 0.1 + rng.uniform(0, 0.4), 0.2 + 0.3 * i], 0.11, 0.05, {
      colour: shade(colour, rng.uniform(0.8, 1.15)),
    }),
  );
  return [
    polygon(
      [
        [reach + 0.04, 0],
        [reach + 0.65, 0],
        [reach + 0.55, height],
        [reach + 0.04, height],
      ],
      { colour },
      0.03,
    ),
    ...ledges,
  ];
}

/**
 * What stands or lies about a figure and shows what it does: something to climb, a ramp to jump from, dust thrown up.
 * Figure units, standing on y = 0 below the figure, which faces +x. It is background in the annotation.
 *
 * @param reach how far the figure's hands or feet come forward, figure units
 * @param height how tall a thing that can be climbed is, figure units
 */
export function surroundings(
  actor: A2dActor,
  action: A2dAction,
  rng: Rng,
  reach: number,
  height: number,
): Shape[] {
  if (action === 'climbing') return props(climb(rng, reach - 0.05, height));
  if (action === 'rolling') {
    const earth = mix([232, 222, 204], [196, 176, 148], rng.uniform());
    return props(
      [0, 1, 2, 3].map((i) =>
        ellipse([-reach - 0.02 - 0.16 * i, 0.09 + 0.05 * (i % 2)], 0.13 - 0.022 * i, 0.1 - 0.018 * i, {
          colour: earth,
          alpha: 0.85 - 0.12 * i,
        }),
      ),
    );
  }
  if (action === 'jumping' && actor === 'car') {
    const colour = rng.pick<Colour>([
      [206, 170, 116],
      [172, 176, 184],
    ]);
    return props([
      polygon(
        [
          [-1.7, 0],
          [-0.45, 0],
          [-0.45, 0.42],
        ],
        { colour, pattern: { kind: 'stripes', colour: shade(colour, 0.8), period: 0.22 } },
        0.02,
      ),
    ]);
  }
  if (action === 'jumping') {
    const dust = (x: number, i: number) =>
      capsule([x, 0.03], [x * 1.5, 0.05 + 0.07 * i], 0.028, 0.018, {
        colour: [244, 240, 230],
        alpha: 0.8,
        flat: true,
      });
    return props([dust(-0.34, 0), dust(-0.3, 1), dust(0.3, 1), dust(0.34, 0)]);
  }
  return [];
}
