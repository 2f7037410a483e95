import type { Tensor } from '../../src/core/tensor.ts';
import type { GraphNode, Initializer } from '../../src/onnx/graph.ts';
import { modelOf } from '../../src/onnx/model.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';

/**
 * A real graph that takes frames, uint8 [N, 8, 8, 3], and gives the same answers whatever it sees: what a runtime that
 * is right, or wrong in a way of one's choice, would give.
 *
 * @param answers by the names of the outputs
 */
export function answeringGraph(answers: Readonly<Record<string, Tensor>>, input = 'frame'): Uint8Array {
  const stored = (name: string) => `${name}/stored`;
  const initializers = Object.entries(answers).map(
    ([name, { dtype, shape, data }]): [string, Initializer] => [
      stored(name),
      { name: stored(name), dtype, shape, learnt: false, data: () => data },
    ],
  );
  const nodes = Object.keys(answers).map(
    (name): GraphNode => ({
      ...{ name, operator: 'Identity', inputs: [stored(name)], outputs: [name], attributes: {} },
    }),
  );
  const graph = {
    ...{ name: 'answers', nodes, initializers: new Map(initializers) },
    inputs: [{ name: input, dtype: 'uint8' as const, shape: ['N', 8, 8, 3] }],
    outputs: Object.entries(answers).map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
  };
  return serializeModel(modelOf(graph, { name: 'actionnx', version: 'test' })).whole();
}
