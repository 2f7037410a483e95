import { UserError } from '../../src/core/errors.ts';
import type { Attribute, GraphNode, Initializer } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';

/** Operators whose axes opset 18 turned from an attribute into an input. */
const reductions = new Set(
  ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map(
    (name) => `Reduce${name}`,
  ),
);

/**
 * The model in opset 18, for what 17 lacks: antialiased Resize. Between the two, reductions moved their axes into an
 * input, and Split needs to be told its number of parts.
 *
 * @throws UserError for a model that is older than opset 17 or newer than 18
 */
export function raiseToOpset18(model: Model): Model {
  const opset = model.opsets.get('');
  if (opset === 18) return model;
  if (opset !== 17) {
    throw new UserError('only a graph of opset 17 can be raised to 18', { received: `opset ${opset}` });
  }
  const initializers = new Map(model.graph.initializers);
  const nodes = model.graph.nodes.map((node) => {
    if (node.domain) return node;
    if (node.operator === 'Split' && node.inputs.length === 1) {
      return { ...node, attributes: { ...node.attributes, num_outputs: node.outputs.length } };
    }
    return reductions.has(node.operator) ? axesAsInput(node, initializers) : node;
  });
  return {
    ...model,
    opsets: new Map([...model.opsets, ['', 18]]),
    graph: { ...model.graph, nodes, initializers },
  };
}

function axesAsInput(node: GraphNode, initializers: Map<string, Initializer>): GraphNode {
  const { axes, ...attributes } = node.attributes as Record<string, Attribute>;
  if (!Array.isArray(axes)) return node;
  const name = `${node.name}.axes`;
  const data = BigInt64Array.from(axes, BigInt);
  initializers.set(name, { name, dtype: 'int64', shape: [axes.length], learnt: false, data: () => data });
  return { ...node, attributes, inputs: [...node.inputs, name] };
}
