import type { Rng } from '../../../core/rng.ts';
import {
  type Colour,
  capsule,
  ellipse,
  type Paint,
  type Point,
  place,
  polygon,
  type Shape,
  setDown,
  shade,
} from '../shape.ts';
import { bowl } from './bowl.ts';
import { type Figure, fabrics, ink, tau, white } from './figure.ts';

const plumages: readonly { body: Colour; wing: Colour; belly: Colour }[] = [
  { body: [72, 136, 206], wing: [44, 92, 160], belly: [240, 214, 170] },
  { body: [206, 66, 62], wing: [140, 44, 52], belly: [244, 190, 160] },
  { body: [246, 206, 74], wing: [206, 156, 48], belly: [255, 240, 190] },
  { body: [98, 176, 92], wing: [54, 124, 76], belly: [232, 228, 120] },
  { body: [244, 244, 242], wing: [170, 178, 190], belly: [255, 255, 252] },
  { body: [150, 112, 80], wing: [104, 76, 56], belly: [226, 200, 166] },
];

/** A bird: an egg of a body, a round head with a beak, a fan tail, thin legs. */
export function bird(rng: Rng): Figure {
  const plumage = rng.pick(plumages);
  const coat: Paint = { colour: plumage.body };
  const wing: Paint = {
    colour: plumage.wing,
    pattern: rng.chance(0.5)
      ? { kind: 'stripes', colour: shade(plumage.wing, 1.25), period: 0.16 }
      : undefined,
  };
  const beak: Paint = {
    colour: rng.pick([
      [244, 160, 56],
      [250, 196, 70],
      [90, 84, 90],
    ]),
  };
  const shank: Paint = { colour: [214, 130, 60] };
  const crest = rng.chance(0.35);

  const head = (at: Point, angle: number): Shape[] =>
    place(
      [
        ...(crest
          ? [
              polygon(
                [
                  [-0.12, 0.1],
                  [0.02, 0.16],
                  [-0.16, 0.34],
                ],
                wing,
                0.01,
              ),
            ]
          : []),
        polygon(
          [
            [0.12, 0.07],
            [0.12, -0.09],
            [0.36, -0.03],
          ],
          beak,
          0.012,
        ),
        ellipse([0, 0], 0.19, 0.185, coat),
        ellipse([0.08, 0.04], 0.05, 0.05, { colour: white, flat: true }),
        ellipse([0.09, 0.04], 0.028, 0.032, { colour: ink, flat: true }),
      ],
      { at, angle },
    );
  const leg = (x: number, swing: number, length: number): Shape[] => {
    const foot: Point = [x + Math.sin(swing) * length, 0.3 - Math.cos(swing) * length];
    return [
      capsule([x, 0.3], foot, 0.036, 0.032, shank),
      capsule(foot, [foot[0] + 0.12, foot[1]], 0.032, 0.026, shank),
    ];
  };
  /** A spread wing rooted at the back; `beat` −1 is down, 1 is up. */
  const spread = (beat: number, far: boolean): Shape => {
    const angle = 0.2 + 1.05 * beat;
    const root: Point = far ? [0.12, 0.6] : [0, 0.56];
    const tip: Point = [root[0] - 0.3 * Math.cos(angle) - 0.12, root[1] + 0.85 * Math.sin(angle)];
    const colour = far ? shade(plumage.wing, 0.75) : plumage.wing;
    return polygon(
      [[root[0] + 0.22, root[1]], [root[0] - 0.24, root[1] - 0.02], [tip[0] - 0.2, tip[1]], tip],
      { ...wing, colour },
      0.04,
    );
  };
  const torso = (open: number | undefined): Shape[] => [
    polygon(
      [
        [-0.3, 0.56],
        [-0.3, 0.42],
        [-0.68, 0.4],
        [-0.66, 0.54],
      ],
      wing,
      0.015,
    ),
    ellipse([0, 0.5], 0.37, 0.245, coat, 0.22),
    ellipse([0.1, 0.42], 0.22, 0.14, { colour: plumage.belly }, 0.3),
    ...(open === undefined ? [ellipse([-0.1, 0.53], 0.28, 0.14, wing, -0.12)] : [spread(open, false)]),
  ];

  const dish = bowl(0.62, rng.pick(fabrics));

  return ({ action, phase }) => {
    const swing = Math.sin(tau * phase);
    const perched: Point = [0.26, 0.79];
    switch (action) {
      case 'flying':
        return setDown(
          [spread(swing, true), ...leg(-0.12, -1.3, 0.16), ...torso(swing), ...head([0.4, 0.62], 0.1)],
          0.12,
        );
      case 'jumping':
        return setDown(
          [
            spread(0.75 + 0.25 * swing, true),
            ...leg(0.08, -0.15, 0.32),
            ...leg(-0.06, -0.4, 0.32),
            ...torso(0.6 + 0.25 * swing),
            ...head(perched, 0.2),
          ],
          0.3,
        );
      case 'climbing':
        return setDown(
          [
            ...leg(0.06, 0.3 * swing, 0.26),
            ...leg(-0.14, -0.3 * swing, 0.26),
            ...torso(undefined),
            ...head([0.34, 0.7], -0.6 + 0.15 * swing),
          ],
          1.25,
        );
      case 'eating': {
        const pecking = setDown(
          [
            ...leg(0.08, 0.55, 0.34),
            ...leg(-0.06, 0.45, 0.34),
            ...torso(undefined),
            ...head([0.37, 0.52], -0.45),
          ],
          -0.55 - 0.08 * swing,
        );
        return [...pecking, ...dish];
      }
      case 'rolling':
        return setDown(
          [
            spread(-0.5, true),
            ...leg(0.1, 0.4 + 0.3 * swing, 0.26),
            ...leg(-0.08, -0.3 + 0.3 * swing, 0.26),
            ...torso(-0.25),
            ...head(perched, 0),
          ],
          Math.PI + 0.8 * swing,
        );
      default: {
        const bob = 0.03 * Math.sin(2 * tau * phase);
        return setDown([
          ...leg(0.0, -0.5 * swing, 0.3),
          ...leg(0.0, 0.5 * swing, 0.3),
          ...torso(undefined),
          ...head([perched[0] + bob, perched[1]], 0),
        ]);
      }
    }
  };
}
