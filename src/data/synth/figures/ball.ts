import type { Rng } from '../../../core/rng.ts';
import { capsule, ellipse, type Paint, type Pattern, place, props, type Shape } from '../shape.ts';
import { type Figure, fabrics, tau, white } from './figure.ts';

/** A ball one unit across, striped, spotted or in sectors, so that it shows how it turns. */
export function ball(rng: Rng): Figure {
  const [first, second] = rng.shuffle(fabrics);
  const patterns: Pattern[] = [
    { kind: 'sectors', colour: second, period: 6 },
    { kind: 'stripes', colour: second, period: 0.42 },
    { kind: 'spots', colour: second, period: 0.36 },
  ];
  const paint: Paint = { colour: rng.chance(0.4) ? white : first, pattern: rng.pick(patterns) };
  const rest = rng.uniform(0, tau);
  const shapes = (angle: number): Shape[] => [
    ellipse([0, 0], 0.5, 0.5, paint, angle),
    ellipse([-0.17, 0.2], 0.12, 0.09, { colour: white, alpha: 0.55, flat: true }, 0.6),
  ];
  const streaks = props(
    [-0.28, 0, 0.28].map((y, i) =>
      capsule([-0.6, 0.5 + y], [-1.35 - (i % 2) * 0.3, 0.5 + y * 1.1], 0.05, 0.02, {
        colour: white,
        alpha: 0.7,
        flat: true,
      }),
    ),
  );
  return ({ action, phase }) => {
    const turn = action === 'none' ? rest : rest - tau * phase;
    const round = place(shapes(turn), { at: [0, 0.5] });
    return action === 'flying' ? [...streaks, ...round] : round;
  };
}
