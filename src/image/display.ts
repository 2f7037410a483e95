import { UserError } from '../core/errors.ts';
import type { RgbImage } from './image.ts';

/** How a player turns the stored pictures of a video, and how wide it draws their pixels. */
export interface Display {
  /** Where the stored x axis (right) and y axis (down) point on the screen: one of each pair is ±1, the other 0. */
  readonly xAxis: readonly [number, number];
  readonly yAxis: readonly [number, number];
  /** A stored pixel's width over its height, before turning. */
  readonly pixelAspect: number;
}

/** Encoders round: 426 × 240 is called 16:9 with pixels of 640:639. That is no reason to call it 427. */
const nearlySquare = 0.01;
/** Anamorphic film has 2; beyond this a file is wrong or means harm. */
const mostStretched = 8;

/**
 * How to show pictures with this display matrix, as MP4 has one a track. Angles between quarters go to the nearest.
 *
 * @param matrix [a, b, c, d], of any scale: the stored x axis points to (a, b), the y axis to (c, d); all zero is upright
 * @param pixelAspect width over height
 * @throws UserError when no pixel has that shape
 */
export function displayOf(matrix: readonly number[], pixelAspect: number): Display {
  const [a, b, c, d] = matrix;
  if (!(pixelAspect >= 1 / mostStretched && pixelAspect <= mostStretched)) {
    throw new UserError(
      `a video's pixels must be at most ${mostStretched} times as wide as high, or as high as wide`,
      {
        received: String(pixelAspect),
      },
    );
  }
  const square = Math.abs(pixelAspect - 1) < nearlySquare;
  const flipped = a * d - b * c < 0;
  const level = Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c);
  const xAxis: [number, number] = level ? [a < 0 ? -1 : 1, 0] : [0, b < 0 ? -1 : 1];
  // The other axis is a quarter further, clockwise, or its opposite in a mirror.
  const turn = flipped ? -1 : 1;
  return {
    xAxis,
    yAxis: [-xAxis[1] * turn || 0, xAxis[0] * turn || 0],
    pixelAspect: square ? 1 : pixelAspect,
  };
}

/** The size of pictures of a stored size on the screen, where the shorter side of a pixel stays as it is. */
export function displaySize(width: number, height: number, { xAxis, pixelAspect }: Display) {
  const wide = pixelAspect > 1 ? Math.round(width * pixelAspect) : width;
  const high = pixelAspect < 1 ? Math.round(height / pixelAspect) : height;
  return xAxis[0] === 0 ? { width: high, height: wide } : { width: wide, height: high };
}

/**
 * The picture upright, as a player shows it but for the shape of its pixels: those are resized once, to what a system
 * looks at. The same object where nothing is to be turned.
 */
export function upright(image: RgbImage, display: Display): RgbImage {
  return display.xAxis[0] === 1 && display.yAxis[1] === 1 ? image : turned(image, display);
}

function turned({ width, height, data }: RgbImage, { xAxis, yAxis }: Display): RgbImage {
  const turnedWidth = xAxis[0] === 0 ? height : width;
  const turnedHeight = xAxis[0] === 0 ? width : height;
  // An axis that points left or up starts at the far side.
  const left = xAxis[0] < 0 || yAxis[0] < 0 ? turnedWidth - 1 : 0;
  const top = xAxis[1] < 0 || yAxis[1] < 0 ? turnedHeight - 1 : 0;
  const columnStep = (xAxis[0] + xAxis[1] * turnedWidth) * 3;
  const rowStep = (yAxis[0] + yAxis[1] * turnedWidth) * 3;
  const out = new Uint8Array(data.length);
  let from = 0;
  for (let y = 0; y < height; y++) {
    let to = (top * turnedWidth + left) * 3 + y * rowStep;
    for (let x = 0; x < width; x++) {
      out[to] = data[from];
      out[to + 1] = data[from + 1];
      out[to + 2] = data[from + 2];
      from += 3;
      to += columnStep;
    }
  }
  return { width: turnedWidth, height: turnedHeight, data: out };
}
