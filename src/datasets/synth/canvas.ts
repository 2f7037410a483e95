import { type Hit, probeOf } from './probe.ts';
import type { Colour, Paint, Pattern, Shape } from './shape.ts';

const hit: Hit = { distance: 0, u: 0, v: 0, nx: 0, ny: 0 };

/** Where the light comes from: the upper left. */
const light = { x: -0.45, y: -0.9 };

/** Whether a pattern's own colour shows at a place on a shape, in figure units. */
function printed({ kind, period }: Pattern, u: number, v: number): boolean {
  switch (kind) {
    case 'stripes':
      return u / period - Math.floor(u / period) < 0.42;
    case 'checks':
      return (Math.floor(u / period) + Math.floor(v / period)) % 2 === 0;
    case 'spots': {
      const row = Math.floor(v / period);
      const along = u / period + (row % 2) * 0.5;
      const [du, dv] = [along - Math.floor(along) - 0.5, v / period - row - 0.5];
      return du * du + dv * dv < 0.13;
    }
    case 'sectors':
      return Math.floor(((Math.atan2(v, u) / (2 * Math.PI) + 1) % 1) * period) % 2 === 0;
  }
}

/** Pixels being drawn on: RGB, and per pixel the number of the figure seen there (0: background). */
export class Canvas {
  readonly width: number;
  readonly height: number;
  /** height × width × 3 bytes. */
  readonly rgb: Uint8ClampedArray;
  /** height × width figure numbers. */
  readonly figures: Uint8Array;
  /** Multiplies what shapes are painted with: the colour of the light. */
  readonly exposure: Colour;

  constructor(width: number, height: number, exposure: Colour = [1, 1, 1]) {
    this.width = width;
    this.height = height;
    this.exposure = exposure;
    this.rgb = new Uint8ClampedArray(width * height * 3);
    this.figures = new Uint8Array(width * height);
  }

  /** Blends a colour into the pixel numbered `index`, in proportion to `alpha`. */
  blend(index: number, colour: Colour, alpha: number): void {
    const { rgb } = this;
    const i = index * 3;
    rgb[i] += (colour[0] - rgb[i]) * alpha;
    rgb[i + 1] += (colour[1] - rgb[i + 1]) * alpha;
    rgb[i + 2] += (colour[2] - rgb[i + 2]) * alpha;
  }

  /**
   * Draws shapes in order, anti-aliased in colour. A pixel half covered by a shape belongs to `figure`, or to the
   * background where the shape is a prop, so that figure numbers never mix. `scale` is the pixels per figure unit.
   */
  draw(shapes: readonly Shape[], figure: number, scale: number): void {
    for (const shape of shapes) this.#fill(shape, shape.paint, 0, shape.prop ? 0 : figure, scale);
  }

  /** Draws what will be a dark rim `width` pixels wide once the shapes themselves are drawn over it. */
  outline(shapes: readonly Shape[], colour: Colour, width: number, figure: number): void {
    const paint: Paint = { colour, flat: true };
    for (const shape of shapes) {
      if (!shape.prop && (shape.paint.alpha ?? 1) === 1) this.#fill(shape, paint, width, figure, 1);
    }
  }

  /** Fills a shape grown by `grow` pixels. */
  #fill(
    shape: Shape,
    { colour, pattern, alpha = 1, flat = false }: Paint,
    grow: number,
    figure: number,
    scale: number,
  ): void {
    const { width, height, rgb, figures, exposure } = this;
    const { box, at } = probeOf(shape);
    const left = Math.max(0, Math.floor(box[0] - grow - 0.5));
    const right = Math.min(width, Math.ceil(box[2] + grow + 0.5));
    const top = Math.max(0, Math.floor(box[1] - grow - 0.5));
    const bottom = Math.min(height, Math.ceil(box[3] + grow + 0.5));
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        at(x + 0.5, y + 0.5, hit);
        const coverage = 0.5 + grow - hit.distance;
        if (coverage <= 0) continue;
        const base = pattern && printed(pattern, hit.u / scale, hit.v / scale) ? pattern.colour : colour;
        const lit = flat ? 1 : 0.96 + 0.2 * (hit.nx * light.x + hit.ny * light.y);
        const share = coverage < 1 ? coverage * alpha : alpha;
        const index = y * width + x;
        const i = index * 3;
        rgb[i] += (base[0] * exposure[0] * lit - rgb[i]) * share;
        rgb[i + 1] += (base[1] * exposure[1] * lit - rgb[i + 1]) * share;
        rgb[i + 2] += (base[2] * exposure[2] * lit - rgb[i + 2]) * share;
        if (coverage >= 0.5 && alpha >= 0.5) figures[index] = figure;
      }
    }
  }

  /** A soft dark ellipse on the ground, strongest in its middle; belongs to no figure. */
  shadow(x: number, y: number, rx: number, ry: number, strength: number): void {
    for (let row = Math.max(0, Math.floor(y - ry)); row < Math.min(this.height, y + ry); row++) {
      for (let column = Math.max(0, Math.floor(x - rx)); column < Math.min(this.width, x + rx); column++) {
        const [p, q] = [(column + 0.5 - x) / rx, (row + 0.5 - y) / ry];
        const fall = 1 - p * p - q * q;
        if (fall > 0) this.blend(row * this.width + column, [20, 24, 40], strength * Math.min(1, fall * 1.6));
      }
    }
  }
}
