import type { Attribute, ValueType } from '../core/converter.ts';

/** Values by name: what a node takes and gives. An empty input name leaves an optional input out. */
export interface GraphNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant tensor, in the graph's own axis order. Its elements are made when it is written or folded. */
export interface Initializer {
  readonly name: string;
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
  /** A weight that was learnt, as against a shape, an axis or a normalisation constant. */
  readonly learnt: boolean;
  data(): Float32Array | BigInt64Array;
}

/** An input or output of the graph. A string is an extent known only at run time: `N` is the batch. */
export interface GraphPort {
  readonly name: string;
  readonly dtype: ValueType;
  readonly shape: readonly (number | string)[];
}

/** An ONNX graph, its nodes in an order in which they can run. Passes make new graphs; none is changed. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/** The node that makes each value. */
export function producers(graph: Graph): Map<string, GraphNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}

/** How often each value is used, as an input of nodes and as an output of the graph. */
export function useCounts(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  const uses = [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map(({ name }) => name)];
  for (const name of uses) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The graph with values called by other names, in inputs and outputs of nodes alike. */
export function renameValues(graph: Graph, rename: (name: string) => string): Graph {
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return { ...graph, nodes };
}

/** The graph with nodes replaced (by the same node object), or removed where the replacement is null. */
export function replaceNodes(graph: Graph, replacements: ReadonlyMap<GraphNode, GraphNode | null>): Graph {
  const nodes = graph.nodes
    .map((node) => (replacements.has(node) ? replacements.get(node)! : node))
    .filter((node) => node !== null);
  return { ...graph, nodes };
}

/** The graph without initialisers that nothing uses. */
export function dropUnusedInitializers(graph: Graph): Graph {
  const counts = useCounts(graph);
  const used = [...graph.initializers].filter(([name]) => counts.has(name));
  return used.length === graph.initializers.size ? graph : { ...graph, initializers: new Map(used) };
}

/** The number of learnt weights in the graph: after folding, so without batch norms' own. */
export function parameterCount(graph: Graph): number {
  let count = 0;
  for (const { learnt, shape } of graph.initializers.values()) {
    if (learnt) count += shape.reduce((product, extent) => product * extent, 1);
  }
  return count;
}
