import type { Rng } from '../../core/rng.ts';
import type { Canvas } from './canvas.ts';
import { valueNoise } from './noise.ts';
import type { Place } from './place.ts';
import { type Colour, ellipse, mix, polygon, shade } from './shape.ts';

/** Clouds, hills, houses, a wall with pictures, the sea, or trees: all that stands behind the horizon. */
export function paintBackdrop(strip: Canvas, rng: Rng, place: Place, horizon: number, unit: number): void {
  const { width } = strip;
  const cloud = () => {
    const [x, y, size] = [
      rng.uniform(0, width),
      rng.uniform(0.08, 0.55) * horizon,
      rng.uniform(0.05, 0.1) * unit,
    ];
    const paint = { colour: [252, 252, 252] as Colour, alpha: 0.45, flat: true };
    for (const [dx, r] of [
      [-1.1, 0.7],
      [0, 1],
      [1.2, 0.75],
    ]) {
      strip.draw([ellipse([x + dx * size, y], size * r * 1.3, size * r * 0.75, paint)], 0, unit);
    }
  };
  const ridge = (colour: Colour, height: number) => {
    const noise = valueNoise(rng, width, 1, unit * rng.uniform(0.3, 0.6), 1);
    for (let x = 0; x < width; x++) {
      const top = Math.round(horizon - height * unit * (1 + 0.7 * noise(x, 0)));
      for (let y = Math.max(0, top); y < horizon; y++)
        strip.blend(y * width + x, shade(colour, 1 - 0.1 * ((y - top) / unit)), 1);
    }
  };
  switch (place.far) {
    case 'hills':
      for (let i = 0; i < 4; i++) cloud();
      ridge([150, 186, 178], 0.13);
      ridge([124, 170, 124], 0.06);
      break;
    case 'skyline': {
      for (let i = 0; i < 2; i++) cloud();
      for (let x = 0; x < width; ) {
        const [w, h] = [rng.uniform(0.14, 0.3) * unit, rng.uniform(0.1, 0.3) * unit];
        const colour = mix(
          [176, 168, 176],
          rng.pick([
            [204, 150, 128],
            [150, 164, 188],
            [214, 196, 160],
          ]),
          0.6,
        );
        const paint = {
          colour,
          pattern: { kind: 'checks', colour: shade(colour, 0.9), period: 0.05 } as const,
          flat: true,
        };
        strip.draw(
          [
            polygon(
              [
                [x, horizon - h],
                [x + w, horizon - h],
                [x + w, horizon],
                [x, horizon],
              ],
              paint,
            ),
          ],
          0,
          unit,
        );
        x += w + rng.uniform(0, 0.05) * unit;
      }
      break;
    }
    case 'wall': {
      const paper = rng.pick<Colour>([
        [222, 206, 186],
        [190, 208, 200],
        [206, 196, 216],
        [226, 200, 190],
      ]);
      const period = rng.uniform(0.1, 0.2) * unit;
      for (let y = 0; y < horizon; y++) {
        for (let x = 0; x < width; x++) {
          const colour = (x / period) % 1 < 0.5 ? paper : shade(paper, 0.95);
          strip.blend(y * width + x, colour, 0.8);
        }
      }
      for (let x = rng.uniform(0, 0.4) * unit; x < width; x += rng.uniform(0.55, 0.9) * unit) {
        const [y, w, h] = [
          horizon * rng.uniform(0.25, 0.45),
          rng.uniform(0.1, 0.16) * unit,
          rng.uniform(0.08, 0.12) * unit,
        ];
        const frame = { colour: [150, 112, 80] as Colour };
        const view = {
          colour: rng.pick<Colour>([
            [170, 210, 232],
            [180, 200, 150],
            [226, 186, 160],
          ]),
          flat: true,
        };
        const corners = (inset: number) =>
          [
            [x - w + inset, y - h + inset],
            [x + w - inset, y - h + inset],
            [x + w - inset, y + h - inset],
            [x - w + inset, y + h - inset],
          ] as const;
        strip.draw([polygon(corners(0), frame), polygon(corners(0.025 * unit), view)], 0, unit);
      }
      strip.draw(
        [
          polygon(
            [
              [0, horizon - 0.035 * unit],
              [width, horizon - 0.035 * unit],
              [width, horizon],
              [0, horizon],
            ],
            { colour: [244, 238, 228], flat: true },
          ),
        ],
        0,
        unit,
      );
      break;
    }
    case 'sea':
      for (let i = 0; i < 3; i++) cloud();
      for (let y = Math.round(horizon - 0.16 * unit); y < horizon; y++) {
        for (let x = 0; x < width; x++)
          strip.blend(
            y * width + x,
            mix([72, 150, 190], [136, 206, 214], (y - horizon) / (0.16 * unit) + 1),
            1,
          );
      }
      break;
    case 'firs':
      ridge([198, 210, 228], 0.14);
      for (let x = 0; x < width; x += rng.uniform(0.08, 0.24) * unit) {
        const h = rng.uniform(0.1, 0.22) * unit;
        const paint = { colour: mix([70, 112, 104], [150, 178, 180], rng.uniform(0, 0.6)) };
        for (const [low, wide] of [
          [0, 0.4],
          [0.3, 0.3],
          [0.55, 0.2],
        ]) {
          strip.draw(
            [
              polygon(
                [
                  [x - wide * h * 0.8, horizon - low * h],
                  [x + wide * h * 0.8, horizon - low * h],
                  [x, horizon - (low + 0.48) * h],
                ],
                paint,
              ),
            ],
            0,
            unit,
          );
        }
      }
  }
}
