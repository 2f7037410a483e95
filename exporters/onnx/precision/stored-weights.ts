import type { Graph, GraphNode, Initializer } from '../../../src/onnx/graph.ts';

/** A weight in another form, and the nodes that make it what it was. Runtimes fold them when they load the graph. */
export interface StoredWeight {
  readonly initializers: readonly Initializer[];
  /** The last one gives a value under the weight's own name. */
  readonly nodes: readonly GraphNode[];
}

/** The learnt matrices and kernels of a graph, float32 of rank 2 and more: nearly all of its bytes. */
export function largeWeights(graph: Graph): Initializer[] {
  return [...graph.initializers.values()].filter(
    ({ learnt, dtype, shape }) => learnt && dtype === 'float32' && shape.length >= 2,
  );
}

/** The graph with its large weights stored as `store` says; null leaves one as it is. */
export function storeWeights(graph: Graph, store: (weight: Initializer) => StoredWeight | null): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: GraphNode[] = [];
  for (const weight of largeWeights(graph)) {
    const stored = store(weight);
    if (!stored) continue;
    initializers.delete(weight.name);
    for (const initializer of stored.initializers) initializers.set(initializer.name, initializer);
    nodes.push(...stored.nodes);
  }
  return { ...graph, initializers, nodes: [...nodes, ...graph.nodes] };
}
