import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../../src/core/hash.ts';
import { encodeSafetensors } from '../../../src/core/safetensors.ts';
import type { Tensor } from '../../../src/core/tensor.ts';

/**
 * Compares a graph with the one that ONNX's own checker and reference evaluator have passed, whose hash is in a file of
 * test/golden by its name; leaves it in the folder ACTIONNX_GRAPHS, where that is given, for
 * test/golden/onnx-graphs.py to check.
 */
export type Golden = (
  name: string,
  graph: Uint8Array,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
) => Promise<void>;

/** The comparison with the graphs of a file of test/golden. */
export function goldenGraphs(file: string): Golden {
  const passed: Record<string, string> = JSON.parse(
    readFileSync(new URL(`../../golden/${file}`, import.meta.url), 'utf8'),
  );
  const folder = process.env.ACTIONNX_GRAPHS;
  return async (name, graph, inputs, outputs) => {
    if (folder) {
      mkdirSync(folder, { recursive: true });
      const path = join(folder, encodeURIComponent(name));
      writeFileSync(`${path}.onnx`, graph);
      const values = [
        ...inputs.map((value, i) => [`input ${i}`, value]),
        ...outputs.map((value, i) => [`output ${i}`, value]),
      ];
      writeFileSync(`${path}.safetensors`, encodeSafetensors(Object.fromEntries(values)));
    }
    expect(await sha256(graph)).toBe(passed[name]);
  };
}
