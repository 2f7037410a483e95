/** Small graphs by hand: what a pass makes of one must give the same values in onnxruntime, output by output. */
import { expect } from 'vitest';
import { difference, randomTensor, run } from '../../../../bench/values.ts';
import type { Pass } from '../../../../exporters/onnx/passes/pass.ts';
import { sizeOf, type Tensor } from '../../../../src/core/tensor.ts';
import type { ElementArray, ElementType } from '../../../../src/onnx/element-type.ts';
import type { Attribute, Graph, GraphNode, Initializer } from '../../../../src/onnx/graph.ts';
import { modelOf } from '../../../../src/onnx/model.ts';
import { serializeModel } from '../../../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../../../src/runtime/node.ts';

/** A node that is called like the value it gives. */
export function node(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): GraphNode {
  return { name: output, operator, inputs, outputs: [output], attributes };
}

/** A constant whose elements are kept, as those of a file that was read are. */
export function constant(
  name: string,
  shape: readonly number[],
  data: ElementArray,
  dtype: ElementType = 'float32',
): Initializer {
  return { name, dtype, shape, learnt: true, data: () => data };
}

/** A weight that depends on its name: uniform in [−2, 2), or in [low, high). */
export function weight(
  name: string,
  shape: readonly number[],
  range?: readonly [number, number],
): Initializer {
  const [low, high] = range ?? [-2, 2];
  const data = randomTensor(shape, name).data as Float32Array;
  return constant(
    name,
    shape,
    data.map((value) => low + ((value + 2) / 4) * (high - low)),
  );
}

export function integers(name: string, values: readonly number[]): Initializer {
  return constant(name, [values.length], BigInt64Array.from(values, BigInt), 'int64');
}

/** A graph of float32 inputs, by name and shape. */
export function graphOf(
  inputs: Readonly<Record<string, readonly number[]>>,
  nodes: readonly GraphNode[],
  outputs: readonly string[],
  initializers: readonly Initializer[] = [],
): Graph {
  return {
    name: 'case',
    nodes,
    initializers: new Map(initializers.map((initializer) => [initializer.name, initializer])),
    inputs: Object.entries(inputs).map(([name, shape]) => ({ name, dtype: 'float32', shape })),
    outputs: outputs.map((name) => ({ name, dtype: 'float32', shape: null })),
  };
}

export const operators = ({ nodes }: Graph) => nodes.map(({ operator }) => operator);

export const count = (graph: Graph, name: string) =>
  operators(graph).filter((operator) => operator === name).length;

/** The graph's outputs on inputs that depend on their names. */
export async function outputsOf(graph: Graph): Promise<Tensor[]> {
  const bytes = serializeModel(modelOf(graph, { name: 'test', version: '' })).whole();
  const inputs = graph.inputs.map(({ name, shape }) => randomTensor(shape as number[], name));
  const outputs = await run(nodeRuntime, bytes, inputs);
  for (const { shape, data } of outputs) expect(data).toHaveLength(sizeOf(shape));
  return outputs;
}

/** The graph that a pass makes, after a look that its outputs are those of the given one, which stays as it was. */
export async function same(pass: Pass, graph: Graph, tolerance = 1e-6): Promise<Graph> {
  const expected = await outputsOf(graph);
  const after = pass.apply(graph);
  // Twice: what is made when a graph is written must not depend on how often it is.
  for (const each of [after, graph, after]) {
    const actual = await outputsOf(each);
    expect(actual).toHaveLength(expected.length);
    actual.forEach((output, i) => {
      expect(difference(output, expected[i]), graph.outputs[i].name).toBeLessThan(tolerance);
    });
  }
  expect(after.outputs).toEqual(graph.outputs);
  return after;
}
