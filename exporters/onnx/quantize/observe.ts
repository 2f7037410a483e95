import type { Tensor } from '../../../src/core/tensor.ts';
import type { Graph, GraphNode, GraphPort, Initializer } from '../../../src/onnx/graph.ts';
import type { InferenceSession } from '../../../src/runtime/session.ts';

/** Inputs of a graph, by name: one sample, or a batch of some. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** Opens a graph, its operators from the sets of the model that is quantised. */
export type OpenSession = (graph: Graph) => Promise<InferenceSession>;

/** Nodes that are added to a graph to see what happens inside. */
export interface Probe {
  readonly nodes: readonly GraphNode[];
  readonly initializers?: readonly Initializer[];
  /** float32 values to be seen; the graph's own ones need no nodes. */
  readonly outputs: readonly string[];
}

/**
 * Runs a graph with its probes over some inputs on the CPU, one after the other.
 *
 * @param see called with the probes' outputs, by name, for each input in order, and that input's index
 */
export async function observe(
  graph: Graph,
  probe: Probe,
  inputs: Iterable<Feeds>,
  open: OpenSession,
  see: (outputs: Readonly<Record<string, Float32Array>>, index: number) => void,
): Promise<void> {
  const observed: Graph = {
    ...graph,
    nodes: [...graph.nodes, ...probe.nodes],
    initializers: new Map([
      ...graph.initializers,
      ...(probe.initializers ?? []).map((initializer) => [initializer.name, initializer] as const),
    ]),
    outputs: probe.outputs.map((name): GraphPort => ({ name, dtype: 'float32', shape: null })),
  };
  const session = await open(observed);
  try {
    let index = 0;
    for (const feeds of inputs) {
      const outputs = await session.run(feeds);
      see(
        Object.fromEntries(probe.outputs.map((name) => [name, outputs[name].data as Float32Array])),
        index++,
      );
    }
  } finally {
    await session.release();
  }
}
