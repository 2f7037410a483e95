import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { resizeBilinear } from '../src/image/resize.ts';
import { InputPlan, type NamedInput } from '../src/inputs/plan.ts';

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

/**
 * The same for every input of a graph: frames for RGB levels, smooth random fields about 0 for other values.
 *
 * @param draw as of `goldenFrames`
 */
export function goldenInputs(inputs: readonly NamedInput[], draw = 0): Record<string, Tensor> {
  const made = [...new InputPlan(inputs).inputs].map(([name, { shape, dtype }]) => {
    return [name, dtype === 'uint8' ? goldenFrames(shape, draw) : goldenField(name, shape, draw)] as const;
  });
  const samples = Math.min(...made.map(([, { shape }]) => shape[0]));
  return Object.fromEntries(made.map(([name, values]) => [name, firstSamples(values, samples)]));
}

/** Values of [height, width, channels], or of several of these, as flow has them: a few pixels this way or that. */
function goldenField(name: string, shape: readonly number[], draw: number): Tensor {
  const levels = goldenFrames([...shape.slice(0, -1), 3], draw);
  const rng = new Rng(`golden/${name}/${shape}/${draw}`);
  const channels = shape.at(-1)!;
  const gains = Array.from({ length: channels }, () => rng.uniform(2, 8));
  const values = new Float32Array((levels.data.length / 3) * channels);
  for (let i = 0; i < values.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    values[i] = (levels.data[pixel * 3 + (channel % 3)] / 127.5 - 1) * gains[channel];
  }
  return tensor(values, [levels.shape[0], ...shape]);
}

function firstSamples({ data, shape }: Tensor, samples: number): Tensor {
  return tensor(data.slice(0, (data.length / shape[0]) * samples), [samples, ...shape.slice(1)]);
}
