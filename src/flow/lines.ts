import { usageError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import { toMat } from './gray.ts';
import { withOpenCv } from './opencv.ts';
import { type TrackOptions, trackCorners } from './tracks.ts';

/** What tracks are drawn in, one after another, the strongest corner's in the first; then from the start again. */
export const trackColours: readonly (readonly [r: number, g: number, b: number])[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [255, 0, 255],
  [0, 255, 255],
];

export interface FlowLinesOptions extends TrackOptions {
  /** Which of the frames is drawn on, from 0. Default: the last one. */
  readonly key: number;
  /** What is drawn on: the key frame, or black, which shows the lines alone. Default: the frame. */
  readonly on: 'frame' | 'black';
}

/** Pixels: of a line's width, and of the dot's radius at its end. Those of OpenCV's example. */
const lineWidth = 2;
const dotRadius = 5;

/**
 * The picture of the flow-line systems, of the frames' size: each corner's way through the frames as a line, with a
 * dot where it ends, over the key frame or alone on black. Places are rounded to whole pixels, lines are not
 * antialiased, and a later track lies over an earlier one. A corner that is lost at once is a dot.
 *
 * Tracks are those of `trackCorners`, drawn by OpenCV's line and circle in `trackColours`. The report shows such a
 * picture and names no colours; OpenCV's example, which it resembles, draws them at random.
 *
 * @throws UserError for no frames, frames of several sizes, a key that is none of them, and options out of their range
 * @example const picture = await flowLines(frames, { on: 'black' });
 */
export async function flowLines(
  frames: readonly RgbImage[],
  { key = frames.length - 1, on = 'frame', ...options }: Partial<FlowLinesOptions> = {},
): Promise<RgbImage> {
  const frame = frames[key];
  if (frame === undefined && frames.length > 0) {
    throw usageError(`key must be one of the frames 0 to ${frames.length - 1}`, { received: String(key) });
  }
  const tracks = await trackCorners(frames, options);
  const { width, height } = frame;
  const ground = on === 'frame' ? frame : { width, height, data: new Uint8Array(width * height * 3) };
  return withOpenCv((cv, keep) => {
    const picture = toMat(cv, keep, ground);
    tracks.forEach((track, i) => {
      const colour = new cv.Scalar(...trackColours[i % trackColours.length]);
      const points = track.map(([x, y]) => new cv.Point(Math.round(x), Math.round(y)));
      for (let k = 1; k < points.length; k++) {
        cv.line(picture, points[k - 1], points[k], colour, lineWidth, cv.LINE_8);
      }
      cv.circle(picture, points[points.length - 1], dotRadius, colour, cv.FILLED, cv.LINE_8);
    });
    return { width, height, data: picture.data.slice() };
  });
}
