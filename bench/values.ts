/** Seeded tensors, what a graph makes of them, and how far apart values are: without tfjs, for benches and tests. */

import { atLeastOne, largestDifference } from '../src/core/largest-difference.ts';
import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import type { Runtime } from '../src/runtime/session.ts';

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
  return largestDifference(actual.data, expected.data, atLeastOne);
}

/** The largest absolute difference and the largest absolute value expected; Infinity for what is not a number. */
export function absoluteDifference(
  actual: Tensor,
  expected: Tensor,
): { difference: number; largestValue: number } {
  if (actual.shape.join() !== expected.shape.join()) {
    return { difference: Number.POSITIVE_INFINITY, largestValue: 0 };
  }
  let largestValue = 0;
  for (const value of expected.data) largestValue = Math.max(largestValue, Math.abs(value));
  return { difference: largestDifference(actual.data, expected.data), largestValue };
}
