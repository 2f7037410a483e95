import type { Rng } from '../../core/rng.ts';
import { paintBackdrop } from './backdrop.ts';
import { Canvas } from './canvas.ts';
import { paintFloor } from './floor.ts';
import { valueNoise } from './noise.ts';
import { places } from './place.ts';
import { type Colour, mix } from './shape.ts';

/** A painted backdrop, wider than the frame so that the camera can pan over it. */
export interface Scenery {
  /** The row where the ground begins, pixels from the top. */
  readonly horizon: number;
  /** Paints the part of the backdrop that starts `offset` pixels from its left edge, at frame `time`, onto all of `canvas`. */
  paint(canvas: Canvas, offset: number, time: number): void;
}

/**
 * A random place, painted for frames of `width` × `height` with `slack` pixels to pan over.
 *
 * @param light multiplies red, green and blue: the time of day
 */
export function paintScenery(rng: Rng, width: number, height: number, slack: number, light: Colour): Scenery {
  const place = rng.pick(places);
  const wide = width + Math.ceil(slack) + 2;
  const horizon = Math.round(height * rng.uniform(0.4, 0.52));
  const strip = new Canvas(wide, height);
  const broad = valueNoise(rng, wide, height, height * 0.35, height * 0.2);
  const fine = valueNoise(rng, wide, height, Math.max(2, height * 0.045), Math.max(1.5, height * 0.025));
  const wash = (top: number, bottom: number, [from, to]: readonly [Colour, Colour], grain: number) => {
    for (let y = top; y < bottom; y++) {
      const colour = mix(from, to, (y - top) / (bottom - top));
      for (let x = 0; x < wide; x++) {
        const rough = grain * (0.6 * broad(x, y) + fine(x, y) + rng.uniform(-0.35, 0.35));
        strip.blend(y * wide + x, [colour[0] + rough, colour[1] + rough, colour[2] + rough], 1);
      }
    }
  };
  wash(0, horizon, place.back, 3);
  paintBackdrop(strip, rng, place, horizon, height);
  wash(horizon, height, place.ground, place.grain);
  paintFloor(strip, rng, place, horizon, height);
  for (let i = 0; i < strip.rgb.length; i++)
    strip.rgb[i] = (strip.rgb[i] * (1 - haze) + 236 * haze) * light[i % 3];

  const seaTop = place.far === 'sea' ? Math.round(horizon - 0.155 * height) : horizon;
  return {
    horizon,
    paint(canvas, offset, time) {
      canvas.figures.fill(0);
      pan(strip, canvas, offset);
      for (let y = seaTop; y < horizon; y++) {
        for (let x = 0; x < width; x++) {
          const at = x + offset;
          const wave = Math.sin(at * 0.55 + y * 2.1 + time * 0.35) * Math.sin(at * 0.13 - time * 0.2 + y);
          if (wave > 0.35) canvas.blend(y * width + x, glint, (wave - 0.35) * 0.7);
        }
      }
    },
  };
}

/** How much of the backdrop pales, so that figures stand out from it. */
const haze = 0.35;

const glint: Colour = [236, 248, 250];

/** Copies the part of `strip` that starts `offset` pixels from its left edge, blending columns between whole pixels. */
function pan(strip: Canvas, canvas: Canvas, offset: number): void {
  const [from, to] = [strip.rgb, canvas.rgb];
  const row = canvas.width * 3;
  const whole = Math.floor(offset);
  const part = Math.round((offset - whole) * 256);
  for (let y = 0; y < canvas.height; y++) {
    const shift = (y * strip.width + whole) * 3 - y * row;
    for (let i = y * row; i < (y + 1) * row; i++) {
      to[i] = (from[i + shift] * (256 - part) + from[i + shift + 3] * part) >> 8;
    }
  }
}
