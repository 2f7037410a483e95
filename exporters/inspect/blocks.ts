import {
  type Graph,
  type GraphNode,
  type Initializer,
  producers,
  subgraphs,
  usedBy,
} from '../../src/onnx/graph.ts';

/** Nodes that belong together, next to each other in the order in which they run. */
export interface Block {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
}

/** What a block is begun by where names tell nothing: the operators that hold the weights. */
const heavy = new Set([
  'Conv',
  'ConvTranspose',
  'Gemm',
  'MatMul',
  'LSTM',
  'GRU',
  'RNN',
  'QLinearConv',
  'FusedConv',
]);

/**
 * The graph in blocks, by the names of its nodes: "layer1.0.conv1/Conv" and "/layer1/layer1.0/conv1/Conv" are in the
 * block layer1 at depth 1, and in layer1.0 at depth 2.
 */
export function namedBlocks(graph: Graph, depth: number): Block[] {
  return runs(graph, (node, current) => {
    const path = pathOf(node.name).slice(0, depth).join('.');
    return path === '' ? (current ?? node.operator) : path;
  });
}

/** The graph in blocks where names tell nothing: an operator with weights, and all that follows up to the next one. */
export function weightedBlocks(graph: Graph): Block[] {
  return runs(graph, (node, current) =>
    current === undefined || heavy.has(node.operator) ? node.name || node.operator : current,
  );
}

/** Neighbours of one name; what only prepares constants goes with the node that uses them. */
function runs(graph: Graph, nameOf: (node: GraphNode, current: string | undefined) => string): Block[] {
  const blocks: { name: string; nodes: GraphNode[] }[] = [];
  const constant = constantNodes(graph);
  let preparing: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (constant.has(node)) {
      preparing.push(node);
      continue;
    }
    const name = nameOf(node, blocks.at(-1)?.name);
    if (blocks.at(-1)?.name !== name) blocks.push({ name, nodes: [] });
    blocks.at(-1)?.nodes.push(...preparing, node);
    preparing = [];
  }
  if (preparing.length > 0) blocks.push({ name: 'constants', nodes: preparing });
  return blocks;
}

/** The nodes that make the same whatever the graph is fed with. */
function constantNodes(graph: Graph): Set<GraphNode> {
  const constant = new Set(graph.initializers.keys());
  const nodes = new Set<GraphNode>();
  for (const node of graph.nodes) {
    if (!usedBy(node).every((name) => constant.has(name))) continue;
    nodes.add(node);
    for (const output of node.outputs) constant.add(output);
  }
  return nodes;
}

/**
 * Where a node is, from the outside in: "/layer1/layer1.0/conv1/Conv" is ["layer1", "0", "conv1"], as
 * "layer1.0.conv1/Conv" is. The last part after a slash is the operator's.
 */
export function pathOf(name: string): string[] {
  if (!name.includes('/')) return name === '' ? [] : [name];
  const parts = name
    .split('/')
    .slice(0, -1)
    .filter((part) => part !== '');
  return parts.flatMap((part, i) => {
    // PyTorch repeats the name of the list that a module is in.
    const list = parts[i - 1]?.split('.').at(-1);
    const own = list !== undefined && part.startsWith(`${list}.`) ? part.slice(list.length + 1) : part;
    return own.split('.');
  });
}

/** The blocks that each block takes values from that depend on the graph's inputs, by index. */
export function blockInputs(graph: Graph, blocks: readonly Block[]): number[][] {
  const blockOf = new Map(blocks.flatMap(({ nodes }, i) => nodes.map((node) => [node, i] as const)));
  const made = producers(graph);
  const constant = constantNodes(graph);
  return blocks.map(({ nodes }, i) => {
    const sources = nodes.flatMap(usedBy).map((name) => {
      const producer = made.get(name);
      return producer && !constant.has(producer) ? blockOf.get(producer) : undefined;
    });
    return [...new Set(sources.filter((source) => source !== undefined && source !== i))] as number[];
  });
}

/** The constant tensors of some nodes: initialisers that no earlier block has, and those in attributes. */
export function constantsOf(nodes: readonly GraphNode[], graph: Graph, seen: Set<string>): Initializer[] {
  return nodes.flatMap((node) => {
    const named = usedBy(node).filter((name) => graph.initializers.has(name) && !seen.has(name));
    for (const name of named) seen.add(name);
    const own = [...new Set(named)].map((name) => graph.initializers.get(name)!);
    const inAttributes = Object.values(node.attributes).flatMap((value) =>
      typeof value === 'object' && 'tensor' in value ? [value.tensor] : [],
    );
    const inside = subgraphs(node).flatMap((inner) => [
      ...inner.initializers.values(),
      ...constantsOf(inner.nodes, { ...inner, initializers: new Map() }, seen),
    ]);
    return [...own, ...inAttributes, ...inside];
  });
}
