/** What parity tests of GraphModels share. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { GraphModel } from '../../../exporters/graph-model/graph-model.ts';
import type { RunnableGraphModel } from '../../../models/graph-model-file.ts';
import { sha256 } from '../../../src/core/hash.ts';
import { encodeSafetensors } from '../../../src/core/safetensors.ts';
import { type Tensor, tensor } from '../../../src/core/tensor.ts';
import { tf } from '../onnx/parity.ts';

/** What tfjs gives, output by output. */
export async function executed(
  runnable: RunnableGraphModel,
  { inputs, outputs }: Pick<GraphModel, 'inputs' | 'outputs'>,
  given: readonly Tensor[],
): Promise<Tensor[]> {
  const feeds = inputs.map(({ node, dtype }, i) => [
    node,
    tf.tensor(given[i].data, [...given[i].shape], dtype),
  ]);
  const names = outputs.map(({ tensor: { node, index } }) => `${node}:${index}`);
  const results = runnable.execute(Object.fromEntries(feeds), names);
  return results.map((result) => tensor(result.dataSync() as Float32Array, result.shape));
}

/**
 * The graphs that ONNX's own checker and reference evaluator have passed: test/golden/onnx-graphs.py, which reads
 * what tests leave in the folder ACTIONNX_GRAPHS.
 */
const passed: Record<string, string> = JSON.parse(
  readFileSync(new URL('../../golden/graph-model-graphs.json', import.meta.url), 'utf8'),
);

/** Compares a graph with the one that was checked, and leaves it for checking where a folder is given. */
export async function golden(
  name: string,
  graph: Uint8Array,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): Promise<void> {
  leave(name, graph, inputs, outputs);
  expect(await sha256(graph)).toBe(passed[name]);
}

/** Leaves a graph for checking, with what it is to give, where a folder is given. */
export function leave(
  name: string,
  graph: Uint8Array,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  const dump = process.env.ACTIONNX_GRAPHS;
  if (!dump) return;
  mkdirSync(dump, { recursive: true });
  const file = join(dump, encodeURIComponent(name));
  writeFileSync(`${file}.onnx`, graph);
  const values = [
    ...inputs.map((value, i) => [`input ${i}`, value]),
    ...outputs.map((value, i) => [`output ${i}`, value]),
  ];
  writeFileSync(`${file}.safetensors`, encodeSafetensors(Object.fromEntries(values)));
}
