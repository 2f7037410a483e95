import { describe, expect, it } from 'vitest';
import { toFloat16 } from '../../src/core/float16.ts';
import { foldConstants } from '../../src/onnx/fold-constants.ts';
import type { Graph, GraphNode, Initializer } from '../../src/onnx/graph.ts';
import { modelOf } from '../../src/onnx/model.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';

const constant = (
  name: string,
  dtype: Initializer['dtype'],
  shape: number[],
  data: ReturnType<Initializer['data']>,
) => ({ name, dtype, shape, learnt: false, data: () => data }) satisfies Initializer;

const step = (
  name: string,
  operator: string,
  inputs: string[],
  attributes: GraphNode['attributes'] = {},
): GraphNode => ({
  ...{ name, operator, inputs, outputs: [name], attributes },
});

/** y = x + transpose(reshape(cast(half) · cast(bytes) / scale − shift)) */
const graph: Graph = {
  name: 'constants',
  nodes: [
    step('half/float', 'Cast', ['half'], { to: 1 }),
    step('bytes/float', 'Cast', ['bytes'], { to: 1 }),
    step('product', 'Mul', ['half/float', 'bytes/float']),
    step('quotient', 'Div', ['product', 'scale']),
    step('difference', 'Sub', ['quotient', 'shift']),
    step('rows', 'Reshape', ['difference', 'shape']),
    step('columns', 'Transpose', ['rows'], { perm: [1, 0] }),
    step('y', 'Add', ['x', 'columns']),
  ],
  initializers: new Map(
    [
      constant('half', 'float16', [2, 1, 3], toFloat16(Float32Array.of(1, -2, 0.5, 3, 0.25, -1))),
      constant('bytes', 'int8', [2, 1], Int8Array.of(-3, 7)),
      constant('scale', 'float32', [], Float32Array.of(4)),
      constant('shift', 'float32', [3], Float32Array.of(0.5, 1, -1)),
      constant('shape', 'int64', [2], BigInt64Array.of(-1n, 2n)),
    ].map((initializer) => [initializer.name, initializer]),
  ),
  inputs: [{ name: 'x', dtype: 'float32', shape: [2, 6] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: [2, 6] }],
};

async function run(made: Graph): Promise<number[]> {
  const bytes = serializeModel(modelOf(made, { name: 'test', version: '' })).whole();
  const session = await nodeRuntime.open(bytes, { provider: 'cpu' });
  const { y } = await session.run({ x: { dtype: 'float32', shape: [2, 6], data: new Float32Array(12) } });
  return [...y.data];
}

describe('foldConstants', () => {
  it('computes what onnxruntime computes, and leaves one node', async () => {
    const folded = foldConstants(graph);
    expect(folded.nodes.map(({ name }) => name)).toEqual(['y']);
    expect([...folded.initializers.keys()]).toEqual(['columns']);
    expect(await run(folded)).toEqual(await run(graph));
  });

  it('leaves what it does not know, what depends on an input, and what the graph gives', () => {
    const nodes = [
      step('y', 'Add', ['scale', 'shift']),
      step('z', 'Erf', ['shift']),
      step('w', 'Add', ['x', 'z']),
    ];
    const kept = { ...graph, nodes };
    expect(foldConstants(kept)).toBe(kept);
  });
});
