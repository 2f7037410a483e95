import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../src/core/hash.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import type { Tensor } from '../../src/core/tensor.ts';

/** A graph, the inputs it was given, and what it is to give for them. */
type Checked = [name: string, graph: Uint8Array, inputs: readonly Tensor[], outputs: readonly Tensor[]];

/** Leaves a graph in the folder ACTIONNX_GRAPHS, where that is given, for test/golden/onnx-graphs.py to check. */
export function leave(...[name, graph, inputs, outputs]: Checked): void {
  const folder = process.env.ACTIONNX_GRAPHS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, encodeURIComponent(name));
  writeFileSync(`${path}.onnx`, graph);
  const values = [
    ...inputs.map((value, i) => [`input ${i}`, value]),
    ...outputs.map((value, i) => [`output ${i}`, value]),
  ];
  writeFileSync(`${path}.safetensors`, encodeSafetensors(Object.fromEntries(values)));
}

/**
 * Compares graphs with those that ONNX's own checker and reference evaluator have passed, whose hashes a file of
 * test/golden has by name, and leaves them for checking.
 */
export function goldenGraphs(file: string): (...checked: Checked) => Promise<void> {
  const passed: Record<string, string> = JSON.parse(
    readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8'),
  );
  return async (...checked) => {
    leave(...checked);
    const [name, graph] = checked;
    expect(await sha256(graph)).toBe(passed[name]);
  };
}
