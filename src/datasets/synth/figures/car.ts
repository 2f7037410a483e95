import type { Rng } from '../../../core/rng.ts';
import {
  capsule,
  ellipse,
  type Paint,
  type Point,
  place,
  polygon,
  props,
  type Shape,
  setDown,
  shade,
} from '../shape.ts';
import { type Figure, fabrics, ink, tau } from './figure.ts';

const cabins: readonly (readonly Point[])[] = [
  [
    [-0.78, 0.56],
    [-0.5, 0.95],
    [0.22, 0.95],
    [0.55, 0.56],
  ],
  [
    [-1.0, 0.56],
    [-0.92, 0.97],
    [0.2, 0.97],
    [0.56, 0.56],
  ],
  [
    [-0.5, 0.56],
    [-0.36, 0.9],
    [0.1, 0.9],
    [0.5, 0.56],
  ],
];

/** A car from the side: one unit tall, about 2.3 long, two wheels whose spokes turn. */
export function car(rng: Rng): Figure {
  const colour = rng.pick(fabrics);
  const paint: Paint = { colour };
  const stripe: Paint | undefined = rng.chance(0.5) ? { colour: rng.pick(fabrics), flat: true } : undefined;
  const cabin = rng.pick(cabins);
  const [backLow, backHigh, frontHigh, frontLow] = cabin;
  const middle = (backHigh[0] + frontHigh[0]) / 2;
  const glass: Paint = { colour: [176, 214, 232] };
  const pane = (points: Point[]) => polygon(points, glass, 0.01);
  const shell: Shape[] = [
    polygon(cabin, paint, 0.04),
    pane([
      [backLow[0] + 0.16, 0.62],
      [backHigh[0] + 0.05, 0.89],
      [middle - 0.04, 0.89],
      [middle - 0.04, 0.62],
    ]),
    pane([
      [middle + 0.05, 0.62],
      [middle + 0.05, 0.89],
      [frontHigh[0] - 0.03, 0.89],
      [frontLow[0] - 0.16, 0.62],
    ]),
    polygon(
      [
        [-1.02, 0.28],
        [1.02, 0.28],
        [1.04, 0.46],
        [0.6, 0.56],
        [-1.0, 0.56],
      ],
      paint,
      0.09,
    ),
    ...(stripe ? [capsule([-1.0, 0.4], [1.0, 0.4], 0.045, 0.045, stripe)] : []),
    capsule([-1.0, 0.22], [1.0, 0.22], 0.05, 0.05, { colour: shade(colour, 0.55) }),
    ellipse([1.06, 0.44], 0.06, 0.08, { colour: [255, 238, 170], flat: true }),
    ellipse([-1.07, 0.46], 0.045, 0.08, { colour: [214, 50, 50], flat: true }),
  ];
  const wheel = (x: number, turn: number): Shape[] =>
    place(
      [
        ellipse([0, 0], 0.23, 0.23, { colour: ink }),
        ellipse([0, 0], 0.135, 0.135, { colour: [206, 208, 214] }),
        capsule([-0.12, 0], [0.12, 0], 0.03, 0.03, { colour: [90, 92, 100], flat: true }),
      ],
      { at: [x, 0.22], angle: turn },
    );
  const smoke = props(
    [0, 1, 2].map((i) =>
      ellipse([-1.3 - 0.28 * i, 0.42 - 0.06 * i], 0.13 + 0.05 * i, 0.1 + 0.04 * i, {
        colour: [236, 236, 238],
        alpha: 0.49 - 0.1 * i,
      }),
    ),
  );

  return ({ action, phase }) => {
    const turn = -tau * phase;
    const shapes = [...shell, ...wheel(-0.62, turn), ...wheel(0.64, turn)];
    switch (action) {
      case 'flying':
        return [...smoke, ...setDown(shapes, -0.22 + 0.1 * Math.sin(tau * phase))];
      case 'jumping':
        return setDown(shapes, 0.38 - 0.12 * Math.sin(tau * phase));
      case 'rolling':
        return setDown(shapes, Math.PI + 0.8 * Math.sin(tau * phase));
      default:
        return setDown(shapes);
    }
  };
}
