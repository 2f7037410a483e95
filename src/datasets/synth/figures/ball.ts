import type { Rng } from '../../../core/rng.ts';
import { capsule, ellipse, type Paint, type Pattern, props, type Shape } from '../shape.ts';
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
  const shine = [ellipse([-0.17, 0.72], 0.12, 0.09, { colour: white, alpha: 0.55, flat: true }, 0.6)];
  const round = (angle: number): Shape[] => [ellipse([0, 0.5], 0.5, 0.5, paint, angle), ...shine];
  const streaks = props(
    [-0.28, 0, 0.28].map((y, i) =>
      capsule([-0.6, 0.5 + y], [-1.35 - (i % 2) * 0.3, 0.5 + y * 1.1], 0.05, 0.02, {
        colour: [104, 116, 140],
        alpha: 0.49,
        flat: true,
      }),
    ),
  );
  return ({ action, phase }) => {
    switch (action) {
      case 'flying':
        return [...streaks, ...round(rest - tau * phase)];
      case 'jumping':
        // Drawn out by its leap.
        return [ellipse([0, 0.54], 0.46, 0.54, paint), ...shine];
      case 'rolling':
        return round(rest - tau * phase);
      default:
        return round(rest);
    }
  };
}
