import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { resizeBilinear } from '../src/image/resize.ts';

/** Cells across each golden frame: soft blobs, a coarse texture, and noise pixel by pixel. */
const grids = [5, 24, undefined] as const;

/** How many samples every bundle carries. */
export const goldenSamples = grids.length;

/**
 * Inputs that every runtime is checked on: random colours on grids of different fineness, so that low and high
 * frequencies and the whole range of bytes occur. The same shape gives the same frames.
 *
 * @param shape of one sample: [height, width, 3], or [frames, height, width, 3]
 * @returns uint8, [3, ...shape]
 */
export function goldenFrames(shape: readonly number[]): Tensor {
  const [height, width] = shape.slice(-3);
  const rng = new Rng(`golden/${shape}`);
  const data = new Uint8Array(grids.length * sizeOf(shape));
  const frameBytes = height * width * 3;
  for (let at = 0; at < data.length; at += frameBytes) {
    const cells = grids[Math.floor(at / sizeOf(shape))];
    const [rows, columns] = cells ? [cells, cells] : [height, width];
    const colours = Uint8Array.from({ length: rows * columns * 3 }, () => rng.integer(256));
    data.set(resizeBilinear({ width: columns, height: rows, data: colours }, width, height).data, at);
  }
  return tensor(data, [grids.length, ...shape]);
}
