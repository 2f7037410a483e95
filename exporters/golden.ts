import type { BundleManifest } from '../src/core/bundle.ts';
import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { resizeBilinear } from '../src/image/resize.ts';

/** Cells across a golden frame: soft blobs, a coarse texture, and noise pixel by pixel. */
const grids = { blobs: 5, texture: 24, noise: undefined } as const;

/** Samples above this are costly to store, to fetch and to run wherever a bundle is checked, so one has to do. */
const largeSample = 2 ** 20;

/**
 * Inputs that every runtime is checked on: random colours on grids of different fineness, so that low and high
 * frequencies and the whole range of bytes occur. The same shape and draw give the same frames.
 *
 * @param shape of one sample: [height, width, 3], or [frames, height, width, 3]
 * @param draw a whole number ≥ 0, for other frames of the same kind
 * @returns uint8, [3, ...shape]; [1, ...shape] where a sample is larger than 1 MiB, as full-size clips are
 */
export function goldenFrames(shape: readonly number[], draw = 0): Tensor {
  const [height, width] = shape.slice(-3);
  const sampleBytes = sizeOf(shape);
  const samples = sampleBytes > largeSample ? [grids.texture] : Object.values(grids);
  const rng = new Rng(draw === 0 ? `golden/${shape}` : `golden/${shape}/${draw}`);
  const data = new Uint8Array(samples.length * sampleBytes);
  const frameBytes = height * width * 3;
  for (let at = 0; at < data.length; at += frameBytes) {
    const cells = samples[Math.floor(at / sampleBytes)];
    const [rows, columns] = cells ? [cells, cells] : [height, width];
    const colours = Uint8Array.from({ length: rows * columns * 3 }, () => rng.integer(256));
    data.set(resizeBilinear({ width: columns, height: rows, data: colours }, width, height).data, at);
  }
  return tensor(data, [samples.length, ...shape]);
}

/** The shape of one sample of a bundle's frames. */
export function sampleShape({
  kind,
  frames,
  height,
  width,
}: Pick<BundleManifest['input'], 'kind' | 'frames' | 'height' | 'width'>): number[] {
  return kind === 'clip' ? [frames, height, width, 3] : [height, width, 3];
}
