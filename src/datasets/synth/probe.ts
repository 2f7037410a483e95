import type { Point, Shape } from './shape.ts';

/** What a shape is at a pixel. */
export interface Hit {
  /** Signed distance to the edge in pixels, inside < 0; exact for polygons, first-order for the others. */
  distance: number;
  /** Position in the shape's own axes, pixels. */
  u: number;
  v: number;
  /** Outward direction times the share of the way from the middle to the edge: 0 in the middle, length 1 at the edge. */
  nx: number;
  ny: number;
}

/** A shape prepared for drawing: the box around it, and a function that says what it is at a point. */
export interface Probe {
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number];
  readonly at: (x: number, y: number, hit: Hit) => void;
}

type Of<Kind extends Shape['kind']> = Extract<Shape, { kind: Kind }>;

/** Prepares a shape in pixel coordinates. */
export function probeOf(shape: Shape): Probe {
  switch (shape.kind) {
    case 'capsule':
      return capsuleProbe(shape);
    case 'ellipse':
      return ellipseProbe(shape);
    case 'polygon':
      return polygonProbe(shape);
  }
}

function capsuleProbe({ a, b, ra, rb }: Of<'capsule'>): Probe {
  const [ax, ay] = a;
  const [dx, dy] = [b[0] - ax, b[1] - ay];
  const square = Math.max(dx * dx + dy * dy, 1e-9);
  const length = Math.sqrt(square);
  return {
    box: [
      Math.min(ax - ra, b[0] - rb),
      Math.min(ay - ra, b[1] - rb),
      Math.max(ax + ra, b[0] + rb),
      Math.max(ay + ra, b[1] + rb),
    ],
    at(x, y, hit) {
      const along = ((x - ax) * dx + (y - ay) * dy) / square;
      const t = along < 0 ? 0 : along > 1 ? 1 : along;
      const ox = x - ax - t * dx;
      const oy = y - ay - t * dy;
      const radius = ra + (rb - ra) * t;
      hit.distance = Math.sqrt(ox * ox + oy * oy) - radius;
      hit.u = along * length;
      hit.v = ((y - ay) * dx - (x - ax) * dy) / length;
      hit.nx = ox / radius;
      hit.ny = oy / radius;
    },
  };
}

function ellipseProbe({ centre, rx, ry, angle }: Of<'ellipse'>): Probe {
  const [cx, cy] = centre;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [ex, ey] = [Math.hypot(rx * cos, ry * sin), Math.hypot(rx * sin, ry * cos)];
  return {
    box: [cx - ex, cy - ey, cx + ex, cy + ey],
    at(x, y, hit) {
      const u = (x - cx) * cos + (y - cy) * sin;
      const v = (y - cy) * cos - (x - cx) * sin;
      const p = u / rx;
      const q = v / ry;
      const slope = Math.sqrt((p / rx) * (p / rx) + (q / ry) * (q / ry));
      hit.distance = slope < 1e-6 ? -Math.min(rx, ry) : (p * p + q * q - 1) / (2 * slope);
      hit.u = u;
      hit.v = v;
      hit.nx = p * cos - q * sin;
      hit.ny = p * sin + q * cos;
    },
  };
}

function polygonProbe({ points, round }: Of<'polygon'>): Probe {
  const xs = points.map(([x]: Point) => x);
  const ys = points.map(([, y]: Point) => y);
  const [x0, x1] = [Math.min(...xs) - round, Math.max(...xs) + round];
  const [y0, y1] = [Math.min(...ys) - round, Math.max(...ys) + round];
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const [hx, hy] = [Math.max((x1 - x0) / 2, 1e-6), Math.max((y1 - y0) / 2, 1e-6)];
  return {
    box: [x0, y0, x1, y1],
    at(x, y, hit) {
      let square = Number.POSITIVE_INFINITY;
      let inside = false;
      for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
        const ex = xs[j] - xs[i];
        const ey = ys[j] - ys[i];
        const wx = x - xs[i];
        const wy = y - ys[i];
        const along = (wx * ex + wy * ey) / (ex * ex + ey * ey);
        const t = along < 0 ? 0 : along > 1 ? 1 : along;
        const ox = wx - ex * t;
        const oy = wy - ey * t;
        const here = ox * ox + oy * oy;
        if (here < square) square = here;
        if (ys[i] > y !== ys[j] > y && wx < (wy * ex) / ey) inside = !inside;
      }
      hit.distance = (inside ? -1 : 1) * Math.sqrt(square) - round;
      hit.u = x - cx;
      hit.v = y - cy;
      hit.nx = hit.u / hx;
      hit.ny = hit.v / hy;
    },
  };
}
