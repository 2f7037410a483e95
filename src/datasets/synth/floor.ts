import type { Rng } from '../../core/rng.ts';
import type { Canvas } from './canvas.ts';
import type { Place } from './place.ts';
import { type Colour, capsule, ellipse, polygon, shade } from './shape.ts';

/** Tufts, lane marks, boards, ripples or drifts on the ground. */
export function paintFloor(strip: Canvas, rng: Rng, place: Place, horizon: number, unit: number): void {
  const { width, height } = strip;
  const ground = place.ground[1];
  const scatter = (count: number, mark: (x: number, y: number, near: number) => void) => {
    for (let i = 0; i < count; i++) {
      const near = rng.uniform() ** 0.7;
      mark(rng.uniform(0, width), horizon + near * (height - horizon), 0.4 + 0.6 * near);
    }
  };
  switch (place.floor) {
    case 'grass':
      scatter(70, (x, y, near) => {
        const colour = rng.chance(0.08)
          ? rng.pick<Colour>([
              [250, 236, 140],
              [246, 246, 246],
              [238, 170, 190],
            ])
          : shade(ground, rng.uniform(0.75, 1.25));
        strip.draw(
          [
            capsule(
              [x, y],
              [x + rng.uniform(-0.01, 0.01) * unit, y - 0.035 * unit * near],
              0.008 * unit,
              0.004 * unit,
              { colour, flat: true, alpha: 0.8 },
            ),
          ],
          0,
          unit,
        );
      });
      break;
    case 'road': {
      const kerb = horizon + 0.05 * unit;
      strip.draw(
        [
          polygon(
            [
              [0, horizon],
              [width, horizon],
              [width, kerb],
              [0, kerb],
            ],
            { colour: [206, 200, 192], flat: true },
          ),
        ],
        0,
        unit,
      );
      const lane = horizon + 0.55 * (height - horizon);
      for (let x = rng.uniform(-0.3, 0) * unit; x < width; x += 0.36 * unit) {
        strip.draw(
          [
            capsule([x, lane], [x + 0.16 * unit, lane], 0.011 * unit, 0.011 * unit, {
              colour: [240, 236, 220],
              flat: true,
              alpha: 0.9,
            }),
          ],
          0,
          unit,
        );
      }
      break;
    }
    case 'boards':
      for (let i = 0, y: number = horizon; y < height; i++, y += (0.04 + 0.02 * i) * unit) {
        for (let x = 0; x < width; x++) strip.blend(Math.floor(y) * width + x, shade(ground, 0.8), 0.6);
        for (let x = rng.uniform(0, 0.4) * unit; x < width; x += rng.uniform(0.4, 0.8) * unit) {
          strip.draw(
            [
              capsule([x, y], [x, y + (0.04 + 0.02 * i) * unit], 0.005 * unit, 0.005 * unit, {
                colour: shade(ground, 0.8),
                flat: true,
                alpha: 0.6,
              }),
            ],
            0,
            unit,
          );
        }
      }
      break;
    case 'sand':
    case 'snow':
      scatter(26, (x, y, near) => {
        const paint = { colour: shade(ground, rng.uniform(0.88, 1.12)), flat: true, alpha: 0.5 };
        strip.draw(
          [ellipse([x, y], rng.uniform(0.04, 0.1) * unit * near, 0.012 * unit * near, paint)],
          0,
          unit,
        );
      });
  }
}
