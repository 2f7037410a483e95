/** A point or direction: x to the right (in a figure: forward), y up in a figure, down on a canvas. */
export type Point = readonly [x: number, y: number];

/** Red, green, blue, 0–255. */
export type Colour = readonly [number, number, number];

/** What is printed on a shape, in the shape's own coordinates, so that it turns with it. */
export interface Pattern {
  readonly kind: 'stripes' | 'spots' | 'checks' | 'sectors';
  readonly colour: Colour;
  /** Repeats every `period` figure units; for sectors, the number of sectors. */
  readonly period: number;
}

export interface Paint {
  readonly colour: Colour;
  readonly pattern?: Pattern;
  /** 1 where absent: opaque. */
  readonly alpha?: number;
  /** Without shading: eyes, windows, marks. */
  readonly flat?: boolean;
}

type Geometry =
  | {
      readonly kind: 'capsule';
      readonly a: Point;
      readonly b: Point;
      readonly ra: number;
      readonly rb: number;
    }
  | {
      readonly kind: 'ellipse';
      readonly centre: Point;
      readonly rx: number;
      readonly ry: number;
      readonly angle: number;
    }
  | { readonly kind: 'polygon'; readonly points: readonly Point[]; readonly round: number };

/** A piece of a drawing. A `prop` (bowl, ladder, dust) goes with a figure but is background in the annotation. */
export type Shape = Geometry & { readonly paint: Paint; readonly prop?: boolean };

/** A limb, tapering from radius `ra` at `a` to `rb` at `b`. */
export function capsule(a: Point, b: Point, ra: number, rb: number, paint: Paint): Shape {
  return { kind: 'capsule', a, b, ra, rb, paint };
}

/** An ellipse whose first radius points along `angle` (radians). */
export function ellipse(centre: Point, rx: number, ry: number, paint: Paint, angle = 0): Shape {
  return { kind: 'ellipse', centre, rx, ry, angle, paint };
}

/** A polygon whose edges lie `round` outside its points, with corners rounded by as much. */
export function polygon(points: readonly Point[], paint: Paint, round = 0): Shape {
  return { kind: 'polygon', points, round, paint };
}

/** The same shapes, marked as background. */
export function props(shapes: readonly Shape[]): Shape[] {
  return shapes.map((shape) => ({ ...shape, prop: true }));
}

/** Where a drawing goes: mirrored where `mirror` is −1, turned by `angle`, scaled, then moved; `up` −1 flips y. */
export interface Placement {
  readonly at: Point;
  readonly scale?: number;
  readonly angle?: number;
  readonly mirror?: 1 | -1;
  readonly up?: 1 | -1;
}

/** Moves shapes from one coordinate system to another. */
export function place(shapes: readonly Shape[], placement: Placement): Shape[] {
  const { at, scale = 1, angle = 0, mirror = 1, up = 1 } = placement;
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const move = ([x, y]: Point): Point => [
    at[0] + mirror * (x * cos - y * sin),
    at[1] + up * (x * sin + y * cos),
  ];
  return shapes.map((shape): Shape => {
    if (shape.kind === 'capsule') {
      return { ...shape, a: move(shape.a), b: move(shape.b), ra: shape.ra * scale, rb: shape.rb * scale };
    }
    if (shape.kind === 'ellipse') {
      const turned = mirror * up * (shape.angle + angle);
      return {
        ...shape,
        centre: move(shape.centre),
        rx: shape.rx * scale,
        ry: shape.ry * scale,
        angle: turned,
      };
    }
    return { ...shape, points: shape.points.map(move), round: shape.round * scale };
  });
}

/** The box around shapes, `[x0, y0, x1, y1]`; props do not count. */
export function extent(shapes: readonly Shape[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const grow = ([x, y]: Point, rx: number, ry: number) => {
    box[0] = Math.min(box[0], x - rx);
    box[1] = Math.min(box[1], y - ry);
    box[2] = Math.max(box[2], x + rx);
    box[3] = Math.max(box[3], y + ry);
  };
  for (const shape of shapes) {
    if (shape.prop) continue;
    if (shape.kind === 'capsule') {
      grow(shape.a, shape.ra, shape.ra);
      grow(shape.b, shape.rb, shape.rb);
    } else if (shape.kind === 'ellipse') {
      const [cos, sin] = [Math.cos(shape.angle), Math.sin(shape.angle)];
      grow(
        shape.centre,
        Math.hypot(shape.rx * cos, shape.ry * sin),
        Math.hypot(shape.rx * sin, shape.ry * cos),
      );
    } else for (const point of shape.points) grow(point, shape.round, shape.round);
  }
  return box;
}

/** A figure turned about its middle by `angle`, then set down so that its lowest point is at y = 0. */
export function setDown(shapes: readonly Shape[], angle = 0): Shape[] {
  const [x0, y0, x1, y1] = extent(shapes);
  const middle: Point = [(x0 + x1) / 2, (y0 + y1) / 2];
  const turned =
    angle === 0 ? shapes : place(place(shapes, { at: [-middle[0], -middle[1]] }), { at: [0, 0], angle });
  return place(turned, { at: [0, -extent(turned)[1]] });
}

/** `colour` scaled by `factor` (below 1: darker), clamped to 0–255. */
export function shade([r, g, b]: Colour, factor: number): Colour {
  const scale = (value: number) => Math.max(0, Math.min(255, value * factor));
  return [scale(r), scale(g), scale(b)];
}

/** The colour a share `t` of the way from one to another. */
export function mix(from: Colour, to: Colour, t: number): Colour {
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t];
}
