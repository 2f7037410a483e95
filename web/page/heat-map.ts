import type { Tensor } from '../../src/core/tensor.ts';

/** Matplotlib's "inferno" at eleven points: perceptually even, readable without colour vision. */
const inferno = [
  [0, 0, 4],
  [22, 11, 57],
  [66, 10, 104],
  [106, 23, 110],
  [147, 38, 103],
  [188, 55, 84],
  [221, 81, 58],
  [243, 120, 25],
  [252, 165, 10],
  [246, 215, 70],
  [252, 255, 164],
] as const;

/** The ramp's colour at 0–1, as CSS; for the legend. */
export const rampCss = `linear-gradient(to right, ${inferno.map((rgb) => `rgb(${rgb.join(' ')})`).join(', ')})`;

/**
 * A map that varies by less than this, of 0–1, says "everywhere alike". Stretched over the ramp it would glow where it
 * has nothing to show.
 */
const leastSpan = 0.05;

/** A map's smallest and largest value, and whether there is nothing in between to look at. */
export function rangeOf({ data }: Tensor): { low: number; high: number; isEven: boolean } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high, isEven: high - low < leastSpan };
}

/** Value at a fractional place, Catmull-Rom in one direction over four neighbours. */
function cubic(before: number, from: number, to: number, after: number, t: number): number {
  const slopeFrom = (to - before) / 2;
  const slopeTo = (after - from) / 2;
  const [t2, t3] = [t * t, t * t * t];
  return (
    (2 * t3 - 3 * t2 + 1) * from +
    (t3 - 2 * t2 + t) * slopeFrom +
    (3 * t2 - 2 * t3) * to +
    (t3 - t2) * slopeTo
  );
}

/** The map at `size` points in each direction, cubic; cell centres keep their values. */
function smooth({ shape: [rows, columns], data }: Tensor, size: number): Float32Array {
  const at = (row: number, column: number) =>
    data[Math.min(Math.max(row, 0), rows - 1) * columns + Math.min(Math.max(column, 0), columns - 1)];
  const values = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const row = ((y + 0.5) * rows) / size - 0.5;
    const top = Math.floor(row);
    for (let x = 0; x < size; x++) {
      const column = ((x + 0.5) * columns) / size - 0.5;
      const left = Math.floor(column);
      const along = [-1, 0, 1, 2].map((i) => {
        const [a, b, c, d] = [-1, 0, 1, 2].map((j) => at(top + i, left + j));
        return cubic(a, b, c, d, column - left);
      });
      values[y * size + x] = cubic(along[0], along[1], along[2], along[3], row - top);
    }
  }
  return values;
}

/**
 * Paints an attention map [h, w] over the whole canvas, stretched to its range: where it is low the picture stays
 * clear, where it is high it glows. Not for maps that are even.
 */
export function paintHeatMap(canvas: HTMLCanvasElement, attention: Tensor): void {
  const size = 224;
  const { low, high } = rangeOf(attention);
  const image = new ImageData(size, size);
  smooth(attention, size).forEach((value, i) => {
    const level = Math.min(Math.max((value - low) / (high - low), 0), 1);
    const place = level * (inferno.length - 1);
    const index = Math.min(Math.floor(place), inferno.length - 2);
    for (let channel = 0; channel < 3; channel++) {
      const [from, to] = [inferno[index][channel], inferno[index + 1][channel]];
      image.data[i * 4 + channel] = from + (to - from) * (place - index);
    }
    image.data[i * 4 + 3] = 255 * (0.2 + 0.55 * level);
  });
  canvas.width = size;
  canvas.height = size;
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
