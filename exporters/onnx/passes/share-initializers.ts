import { sizeOf } from '../../../src/core/tensor.ts';
import { bytesOf } from '../../../src/onnx/element-type.ts';
import { type Graph, type Initializer, renameValues } from '../../../src/onnx/graph.ts';
import type { Pass } from './pass.ts';

/** Larger learnt tensors differ unless a layer was copied; to read them all would double the time of an export. */
const comparedElements = 2 ** 14;

/** Keeps equal tensors of up to 16,384 elements once: shapes, vectors of ones, what copied layers have in common. */
export const shareInitializers: Pass = {
  name: 'share-initializers',

  apply(graph: Graph): Graph {
    const kept = new Map<string, Initializer>();
    const alike = new Map<string, Initializer[]>();
    const renamed = new Map<string, string>();
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    for (const initializer of graph.initializers.values()) {
      if (initializer.extra || sizeOf(initializer.shape) > comparedElements) {
        kept.set(initializer.name, initializer);
        continue;
      }
      const key = `${initializer.dtype}[${initializer.shape}]`;
      const candidates = alike.get(key) ?? [];
      const equal = candidates.find((candidate) => haveEqualBytes(candidate, initializer));
      // One that is an output of the graph keeps its name.
      if (equal && !outputs.has(initializer.name)) {
        renamed.set(initializer.name, equal.name);
        continue;
      }
      kept.set(initializer.name, initializer);
      alike.set(key, [...candidates, initializer]);
    }
    if (renamed.size === 0) return graph;
    return { ...renameValues(graph, (name) => renamed.get(name) ?? name), initializers: kept };
  },
};

function haveEqualBytes(a: Initializer, b: Initializer): boolean {
  const [left, right] = [bytesOf(a.data()), bytesOf(b.data())];
  return left.every((byte, i) => byte === right[i]);
}
