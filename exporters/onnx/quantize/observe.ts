import type { Tensor } from '../../../src/core/tensor.ts';
import type { Graph, GraphNode, GraphPort, Initializer } from '../../../src/onnx/graph.ts';
import { modelOf } from '../../../src/onnx/model.ts';
import { serializeModel } from '../../../src/onnx/serialize.ts';
import type { Runtime } from '../../../src/runtime/session.ts';

/** Inputs of a graph, by name: one sample, or a batch of some. */
export type Feeds = Readonly<Record<string, Tensor>>;

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
  runtime: Runtime,
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
  const session = await runtime.open(graphBytes(observed), { provider: 'cpu' });
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

/** A graph as an ONNX file. */
export function graphBytes(graph: Graph): Uint8Array {
  return serializeModel(modelOf(graph, { name: 'actionnx', version: '' })).whole();
}
