import { actorAction } from '../../core/labels.ts';
import type { Rng } from '../../core/rng.ts';
import type { RgbImage } from '../../image/image.ts';
import type { Annotation } from '../../node/mat-file.ts';
import { Canvas } from './canvas.ts';
import type { Figure } from './figures/figure.ts';
import { wardrobes } from './figures/index.ts';
import { type Moment, planMotion } from './motion.ts';
import { paintScenery, type Scenery } from './scenery.ts';
import { type Colour, extent, place, type Shape } from './shape.ts';
import { surroundings } from './surroundings.ts';

/** Size of a video: its frames are `width` × `height` pixels, and there are `frames` of them. */
export interface VideoSize {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
}

/** Heights of a figure unit as shares of the frame's height, for a figure half-way to the horizon. */
const unitHeights = {
  adult: 0.5,
  baby: 0.42,
  ball: 0.33,
  bird: 0.41,
  car: 0.27,
  cat: 0.41,
  dog: 0.41,
} as const;

/** Figures are smaller where there are more of them. */
const crowding = [1, 0.86, 0.74, 0.66];

/** Layouts that are tried for a video; the one whose figures cover each other least is taken. */
const layouts = 16;

/** Colours of the light: noon, morning, evening, overcast, dusk. */
export const times: readonly Colour[] = [
  [1, 1, 1],
  [1.03, 1, 0.95],
  [1.03, 0.96, 0.89],
  [0.95, 0.97, 1.02],
  [0.91, 0.92, 0.97],
];

const rim: Colour = [52, 44, 58];

/** A figure in its place: what it wears, how it moves, where it stands. */
interface Player {
  readonly code: number;
  readonly figure: Figure;
  readonly around: readonly Shape[];
  readonly motion: (frame: number) => Moment;
  /** Row of its ground line. */
  readonly ground: number;
  readonly unit: number;
  /** How far the figure reaches to either side of its middle, and up, figure units. */
  readonly reach: number;
  readonly tall: number;
}

/** A video that can be drawn, a frame at a time, in any order. */
export interface Scene {
  readonly codes: readonly number[];
  /** @param frame 1-based */
  draw(frame: number): RgbImage;
  /** What is to be seen in the frame drawn last. */
  annotation(): Annotation;
}

type Cast = Pick<Player, 'code' | 'figure' | 'reach' | 'tall'>;

/** Dresses an actor and measures it: how far it reaches to either side, and how tall it is, in figure units. */
function dress(code: number, rng: Rng): Cast {
  const { actor, action } = actorAction(code);
  const figure = wardrobes[actor](rng);
  const [x0, , x1, y1] = extent(figure({ action, phase: 0.25 }));
  return { code, figure, reach: Math.max(-x0, x1), tall: y1 };
}

/** Gives every member of the cast a place, nearer ones larger, and a way to move. */
function layOut(cast: readonly Cast[], rng: Rng, size: VideoSize, horizon: number): Player[] {
  const { width, height, frames } = size;
  const lanes = rng.shuffle(cast.map((_, i) => (i + rng.uniform(0.1, 0.9)) / cast.length));
  return cast
    .map(({ code, figure, reach, tall }, i) => {
      const { actor, action } = actorAction(code);
      const ground = horizon + (height - horizon) * (0.3 + 0.64 * lanes[i]);
      const unit =
        height *
        unitHeights[actor] *
        crowding[cast.length - 1] *
        (0.84 + 0.3 * lanes[i]) *
        rng.uniform(0.94, 1.06);
      // What is climbed or eaten stands in front and must be in the frame; others may go a little over its edge.
      const room = action === 'climbing' || action === 'eating' ? reach + 0.4 : 0.85 * reach;
      const margin = Math.min(0.44 * width, room * unit + 0.02 * width);
      const ceiling = Math.max(0, ground - tall * unit - 0.03 * height);
      const motion = planMotion(action, rng, { width, height, frames, unit, margin, ceiling });
      const around = surroundings(actor, action, rng, reach, (ground / unit) * 0.97);
      return { code, figure, reach, tall, ground, unit, motion, around };
    })
    .sort((a, b) => a.ground - b.ground);
}

/** How much of the smaller of any two figures lies within the other's box, summed over some frames. */
function clutter(players: readonly Player[], frames: number): number {
  let sum = 0;
  for (let frame = 1; frame <= frames; frame += 3) {
    const boxes = players.map(({ motion, unit, ground, reach, tall, around }) => {
      const { x, lift } = motion(frame);
      const wide = reach * unit * (around.length > 0 ? 1.3 : 1);
      return [x - wide, ground - lift - tall * unit, x + wide, ground - lift] as const;
    });
    for (let i = 0; i < boxes.length; i++) {
      for (let j = 0; j < i; j++) {
        const [a, b] = [boxes[i], boxes[j]];
        const wide = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
        const high = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
        const area = ([x0, y0, x1, y1]: typeof a) => (x1 - x0) * (y1 - y0);
        sum += ((wide * high) / Math.min(area(a), area(b))) ** 2;
      }
    }
  }
  return sum;
}

/**
 * Plans a video in which one figure acts for each of `codes` (valid A2D codes; a code may repeat). All that is left
 * to chance is drawn from `rng` here, so that frames may be drawn in any order.
 */
export function planScene(codes: readonly number[], size: VideoSize, rng: Rng): Scene {
  const { width, height, frames } = size;
  const pan = (rng.uniform(-0.03, 0.03) * width) / 16;
  const slack = Math.abs(pan) * frames;
  const light = rng.pick(times);
  const scenery = paintScenery(rng, width, height, slack, light);
  const cast = codes.map((code) => dress(code, rng));
  let players = layOut(cast, rng, size, scenery.horizon);
  for (let best = clutter(players, frames), i = 1; i < layouts && best > 0; i++) {
    const other = layOut(cast, rng, size, scenery.horizon);
    const score = clutter(other, frames);
    if (score < best) [players, best] = [other, score];
  }
  const canvas = new Canvas(width, height, light);
  return {
    codes,
    draw(frame) {
      const shift = pan * (frame - (frames + 1) / 2);
      paintFrame(canvas, scenery, players, frame, shift, shift + slack / 2);
      return { width, height, data: new Uint8Array(canvas.rgb) };
    },
    annotation: () => annotationOf(canvas, players),
  };
}

/** Paints backdrop, then figures from far to near, each seen `shift` pixels further left as the camera pans. */
function paintFrame(
  canvas: Canvas,
  scenery: Scenery,
  players: readonly Player[],
  frame: number,
  shift: number,
  offset: number,
): void {
  scenery.paint(canvas, offset, frame);
  players.forEach(({ code, figure, around, motion, ground, unit, reach }, i) => {
    const { x, lift, facing, phase } = motion(frame);
    const shapes = figure({ action: actorAction(code).action, phase });
    paintFigure(canvas, shapes, { number: i + 1, x: x - shift, ground, lift, facing, unit, reach, around });
  });
}

/** Where and how a figure is painted: see `Player` and `Moment`. */
export interface Standing {
  /** Its number in the annotation, from 1. */
  readonly number: number;
  readonly x: number;
  readonly ground: number;
  readonly lift: number;
  readonly facing: 1 | -1;
  readonly unit: number;
  readonly reach: number;
  readonly around: readonly Shape[];
}

/** Paints a figure's shadow, what is around it, and its shapes with a dark rim. */
export function paintFigure(canvas: Canvas, figure: readonly Shape[], standing: Standing): void {
  const { number, x, ground, lift, facing, unit, reach, around } = standing;
  const far = 1 - Math.min(0.7, lift / (2.5 * unit));
  canvas.shadow(x, ground, reach * unit * far, 0.12 * unit * far, 0.42 * far);
  canvas.draw(place(around, { at: [x, ground], scale: unit, mirror: facing, up: -1 }), 0, unit);
  const shapes = place(figure, { at: [x, ground - lift], scale: unit, mirror: facing, up: -1 });
  canvas.outline(shapes, rim, canvas.height / 130, number);
  canvas.draw(shapes, number, unit);
}

/** The label map, and the mask and box of every figure of which something is to be seen. Corners count from 1. */
function annotationOf({ width, height, figures }: Canvas, players: readonly Player[]): Annotation {
  const codes = new Uint8Array(figures.length);
  const objects = players.map(({ code }) => ({
    code,
    box: [width, height, 0, 0] as [number, number, number, number],
    mask: new Uint8Array(figures.length),
  }));
  for (let i = 0; i < figures.length; i++) {
    if (figures[i] === 0) continue;
    const { code, box, mask } = objects[figures[i] - 1];
    const x = (i % width) + 1;
    const y = Math.floor(i / width) + 1;
    codes[i] = code;
    mask[i] = 1;
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return { labelMap: { width, height, codes }, objects: objects.filter(({ box }) => box[2] > 0) };
}
