import { UserError } from '../../src/core/errors.ts';
import {
  type Attribute,
  type Graph,
  type GraphNode,
  type Initializer,
  subgraphs,
} from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';

/** The oldest set that can be raised without rewriting operators one by one, and the newest that was looked at. */
const raisable = { from: 13, to: 24 };

/** Operators that mean something else from a set on, and are not rewritten here. */
const changedIn = new Map([
  ['BatchNormalization', 14],
  ['RoiAlign', 16],
  ['GridSample', 20],
  ['DFT', 20],
  ['GroupNormalization', 21],
]);

/** Operators whose axes opset 18 turned from an attribute into an input. */
const reductions = new Set(
  ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'SumSquare'].map(
    (name) => `Reduce${name}`,
  ),
);

/**
 * The model with its operators from a newer set of ONNX's own, computing the same.
 *
 * @param to the set; a model that is of it comes back as it is
 * @param name of the model, for error messages
 * @param reason why it has to be of this set: "as what it is joined with"
 * @throws UserError for a model that cannot be raised to it
 */
export function raiseOpset(model: Model, to: number, name: string, reason: string): Model {
  const from = model.opsets.get('') ?? 0;
  if (from === to) return model;
  const isChanged = (node: GraphNode): boolean => {
    const since = changedIn.get(node.operator) ?? Number.POSITIVE_INFINITY;
    // Batch normalisation changed for training alone, where it has more than one result.
    const isInference = node.operator === 'BatchNormalization' && node.outputs.length === 1;
    return (
      (!node.domain && !isInference && from < since && since <= to) ||
      subgraphs(node).some((graph) => graph.nodes.some(isChanged))
    );
  };
  const changed = model.graph.nodes.find(isChanged);
  if (from > to || from < raisable.from || to > raisable.to || changed) {
    throw new UserError(`${name} must be of operator set ${to}, ${reason}`, {
      received: `operator set ${from}${changed ? `, with ${changed.operator}, which has changed since` : ''}`,
      remedy: `export it again with operator set ${Math.max(17, Math.min(to, raisable.to))}`,
    });
  }
  return {
    ...model,
    opsets: new Map([...model.opsets, ['', to]]),
    graph: from <= 17 && to >= 18 ? inOpset18(model.graph) : model.graph,
  };
}

/** From opset 18 on reductions have their axes as an input, and Split is told its number of parts. */
function inOpset18(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.map(withRaisedSubgraphs).map((node) => {
    if (node.domain) return node;
    if (node.operator === 'Split' && node.inputs.length === 1) {
      return { ...node, attributes: { ...node.attributes, num_outputs: node.outputs.length } };
    }
    return reductions.has(node.operator) ? axesAsInput(node, initializers) : node;
  });
  return { ...graph, nodes, initializers };
}

function withRaisedSubgraphs(node: GraphNode): GraphNode {
  if (subgraphs(node).length === 0) return node;
  const raised = Object.entries(node.attributes).map(([key, value]): [string, Attribute] => {
    if (typeof value !== 'object') return [key, value];
    if ('graph' in value) return [key, { graph: inOpset18(value.graph) }];
    return [key, 'graphs' in value ? { graphs: value.graphs.map(inOpset18) } : value];
  });
  return { ...node, attributes: Object.fromEntries(raised) };
}

function axesAsInput(node: GraphNode, initializers: Map<string, Initializer>): GraphNode {
  const { axes, ...attributes } = node.attributes as Record<string, Attribute>;
  if (!Array.isArray(axes)) return node;
  // Nodes need no names, and several may have none; values have, each its own.
  const name = `${node.outputs[0]}.axes`;
  const data = BigInt64Array.from(axes, BigInt);
  initializers.set(name, { name, dtype: 'int64', shape: [axes.length], learnt: false, data: () => data });
  return { ...node, attributes, inputs: [...node.inputs, name] };
}
