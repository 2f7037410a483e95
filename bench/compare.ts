/** A tfjs model and its graph on the same seeded weights and inputs: for benches, and for the parity tests. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../models/tf.ts';
import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import type { Runtime } from '../src/runtime/session.ts';

/** Weights that depend on the seed alone; variances are positive, and nothing is left at zero or one. */
export function seedWeights(model: LayersModel, seed: string): void {
  model.weights.forEach((variable, index) => {
    const rng = new Rng(`${seed}/${index}`);
    const shape = variable.shape as number[];
    const isVariance = variable.originalName.endsWith('moving_variance');
    const bound = Math.sqrt(6 / Math.max(2, sizeOf(shape) / (shape.at(-1) ?? 1)));
    const [low, high] = isVariance ? [0.5, 1.5] : shape.length === 1 ? [0.2, 1.2] : [-bound, bound];
    variable.write(
      tf.tensor(
        Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(low, high)),
        shape,
      ),
    );
  });
}

/** Uniform in [−2, 2). */
export function randomTensor(shape: readonly number[], seed: string): Tensor {
  const rng = new Rng(seed);
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-2, 2)),
    shape,
  );
}

/** Whole numbers in [0, below), as tokens are, with as many zeros more as padding has. */
export function randomTokens(shape: readonly number[], below: number, seed: string): Tensor {
  const rng = new Rng(seed);
  return tensor(
    Int32Array.from({ length: sizeOf(shape) }, () => (rng.chance(0.3) ? 0 : rng.integer(below))),
    shape,
  );
}

/** The outputs of `model.predict`, in order. */
export function predict(model: LayersModel, inputs: readonly Tensor[]): Tensor[] {
  const given = inputs.map(({ data, shape }) => tf.tensor(data, [...shape]));
  const outputs = model.predict(given.length === 1 ? given[0] : given) as TfTensor | TfTensor[];
  return [outputs]
    .flat()
    .map((output) => tensor(output.dataSync() as Float32Array | Int32Array, output.shape));
}

/** A graph's outputs in the graph's order, its inputs fed in the graph's order. */
export async function run(runtime: Runtime, graph: Uint8Array, inputs: readonly Tensor[]): Promise<Tensor[]> {
  const provider = runtime.name === 'onnxruntime-node' ? 'cpu' : 'wasm';
  const session = await runtime.open(graph, { provider, threads: 1 });
  try {
    const feeds = Object.fromEntries(session.inputNames.map((name, i) => [name, inputs[i]]));
    const outputs = await session.run(feeds);
    return session.outputNames.map((name) => outputs[name]);
  } finally {
    await session.release();
  }
}

/** The largest difference relative to max(1, |expected|); Infinity for other shapes or what is not a number. */
export function difference(actual: Tensor, expected: Tensor): number {
  if (actual.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let largest = 0;
  expected.data.forEach((value, i) => {
    const distance = Math.abs(actual.data[i] - value) / Math.max(1, Math.abs(value));
    largest = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(largest, distance);
  });
  return largest;
}

/** The largest absolute difference and the largest absolute value expected; Infinity for what is not a number. */
export function absoluteDifference(
  actual: Tensor,
  expected: Tensor,
): { difference: number; largestValue: number } {
  if (actual.shape.join() !== expected.shape.join()) {
    return { difference: Number.POSITIVE_INFINITY, largestValue: 0 };
  }
  let [difference, largestValue] = [0, 0];
  expected.data.forEach((value, i) => {
    const distance = Math.abs(actual.data[i] - value);
    difference = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(difference, distance);
    largestValue = Math.max(largestValue, Math.abs(value));
  });
  return { difference, largestValue };
}
