import type { Scratch } from '../core/scratch.ts';
import type { ElementArray, ElementType } from './element-type.ts';

/** A float attribute; plain numbers are integer attributes. */
export interface Float {
  readonly float: number;
}

/** Marks an attribute's number as a float: `{ alpha: float(0.3) }`. */
export function float(value: number): Float {
  return { float: value };
}

/**
 * An attribute of a node: an integer (a bigint where a number cannot hold it), a string, a list of integers, or an
 * object that says which other kind it is. `encoded` is one of a kind that is only passed on: the fields of its
 * AttributeProto, without the name.
 */
export type Attribute =
  | number
  | bigint
  | string
  | readonly (number | bigint)[]
  | Float
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: Initializer }
  | { readonly graph: Graph }
  | { readonly graphs: readonly Graph[] }
  | { readonly encoded: Uint8Array };

/** Values by name: what a node takes and gives. An empty name leaves an optional input or output out. */
export interface GraphNode {
  readonly name: string;
  readonly operator: string;
  /** The set of operators it is from. Default: ONNX's own. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Of a node that was read: fields that are only passed on (doc string, metadata), as encoded. */
  readonly extra?: Uint8Array;
}

/** A constant tensor, in the graph's own axis order. Its elements are made when it is written or folded. */
export interface Initializer {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** A weight that was learnt, as against a shape, an axis or a normalisation constant. Of a graph that was read: any of a floating-point type. */
  readonly learnt: boolean;
  /** As they are stored: see `ElementArray`. Strings have none: theirs are in `extra`. */
  data(scratch?: Scratch): ElementArray;
  /**
   * `data()` makes the elements anew at each call, in the scratch memory where there is some, so that who asked for them
   * may change them.
   */
  readonly fresh?: boolean;
  /** Of a tensor that was read: fields that are only passed on (strings, doc string), as encoded. */
  readonly extra?: Uint8Array;
}

/** The name and type of a value. */
export interface GraphPort {
  readonly name: string;
  /** null where the value is no tensor, or one of no stated type. */
  readonly dtype: ElementType | null;
  /** A string is an extent known only at run time: `N` is the batch, '' one without a name. null: of any rank. */
  readonly shape: readonly (number | string)[] | null;
  /** Of a port that was read: fields that are only passed on (doc string; the type, where `dtype` is null). */
  readonly extra?: Uint8Array;
}

/** A port that is a tensor of a known type and rank. */
export interface TensorPort extends GraphPort {
  readonly dtype: ElementType;
  readonly shape: readonly (number | string)[];
}

/** An ONNX graph, its nodes in an order in which they can run. Passes make new graphs; none is changed. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  /** What is stated about other values. */
  readonly values?: readonly GraphPort[];
  /** Of a graph that was read: fields that are only passed on (doc string, quantisation annotations), as encoded. */
  readonly extra?: Uint8Array;
}

/** The graphs inside a node's attributes: the branches of an If, the body of a Loop or Scan. */
export function subgraphs({ attributes }: GraphNode): Graph[] {
  return Object.values(attributes).flatMap((attribute) => {
    if (typeof attribute !== 'object') return [];
    if ('graph' in attribute) return [attribute.graph];
    return 'graphs' in attribute ? [...attribute.graphs] : [];
  });
}

/** What a node needs: its inputs, and what graphs inside it take from the graphs around them. */
export function usedBy(node: GraphNode): string[] {
  return [...node.inputs.filter((name) => name !== ''), ...subgraphs(node).flatMap(captured)];
}

/** The values that a graph takes from the graphs around it. */
function captured(graph: Graph): string[] {
  const own = ownNames(graph);
  const used = [...graph.nodes.flatMap(usedBy), ...graph.outputs.map(({ name }) => name)];
  return used.filter((name) => !own.has(name));
}

function ownNames(graph: Graph): Set<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
}

/** The node that makes each value. */
export function producers(graph: Graph): Map<string, GraphNode> {
  return new Map(
    graph.nodes.flatMap((node) =>
      node.outputs.filter((output) => output !== '').map((output) => [output, node] as const),
    ),
  );
}

/** How often each value is used, as an input of nodes and as an output of the graph. */
export function useCounts(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  const uses = [...graph.nodes.flatMap(usedBy), ...graph.outputs.map(({ name }) => name)];
  for (const name of uses) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The graph with values called by other names, in inputs and outputs of nodes alike, and in graphs inside nodes. */
export function renameValues(graph: Graph, rename: (name: string) => string): Graph {
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    ...(subgraphs(node).length > 0 && { attributes: renameCaptured(node, rename) }),
  }));
  return { ...graph, nodes };
}

function renameCaptured(
  { attributes }: GraphNode,
  rename: (name: string) => string,
): GraphNode['attributes'] {
  const inside = (graph: Graph): Graph => {
    const own = ownNames(graph);
    const renameOthers = (name: string) => (own.has(name) ? name : rename(name));
    const outputs = graph.outputs.map((port) => ({ ...port, name: renameOthers(port.name) }));
    return { ...renameValues(graph, renameOthers), outputs };
  };
  const renamed = Object.entries(attributes).map(([key, value]): [string, Attribute] => {
    if (typeof value !== 'object') return [key, value];
    if ('graph' in value) return [key, { graph: inside(value.graph) }];
    return [key, 'graphs' in value ? { graphs: value.graphs.map(inside) } : value];
  });
  return Object.fromEntries(renamed);
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
