import { sizeOf } from '../../src/core/tensor.ts';
import { type ElementType, storedBytes } from '../../src/onnx/element-type.ts';
import type { Graph, GraphNode, GraphPort, Initializer } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { type Block, blockInputs, constantsOf, namedBlocks, weightedBlocks } from './blocks.ts';
import type { Shape } from './node-call.ts';
import { type GraphFacts, inferShapes } from './shapes.ts';

/** What something in a graph costs. */
export interface Cost {
  /** Elements of floating-point constants, and of eight-bit ones, which are weights after quantisation. */
  readonly parameters: number;
  /** Of all constants, as stored. */
  readonly bytes: number;
  /**
   * Twice the multiply-adds of convolutions, matrix products and recurrent layers in a run, without those of constants
   * alone; null where shapes are not known.
   */
  readonly flops: number | null;
}

/** Nodes that belong together; or several such blocks, alike and one after the other, as one. */
export interface BlockSummary extends Cost {
  readonly name: string;
  /** How many there are; the numbers are those of one. */
  readonly repeats: number;
  readonly nodes: number;
  /** Operators with their numbers, most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  /** Of its last node's first result; null where it is not known. */
  readonly shape: Shape | null;
  /** The blocks that it takes values from, by index. */
  readonly inputs: readonly number[];
}

/** What an ONNX file holds, in numbers. */
export interface ModelSummary extends Cost {
  readonly name: string;
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: Model['producer'];
  readonly metadata: Readonly<Record<string, string>>;
  readonly inputs: readonly Pick<GraphPort, 'name' | 'dtype' | 'shape'>[];
  readonly outputs: readonly Pick<GraphPort, 'name' | 'dtype' | 'shape'>[];
  readonly nodes: number;
  readonly operators: Readonly<Record<string, number>>;
  /** Bytes of constants by their type. */
  readonly weights: Readonly<Partial<Record<ElementType, number>>>;
  readonly blocks: readonly BlockSummary[];
  /** Operators whose results' shapes could not be found. */
  readonly unknownShapes: readonly string[];
}

export interface SummaryOptions {
  /** Values for extents known only at run time, by name; a batch without one counts as 1. */
  readonly extents?: ReadonlyMap<string, number>;
  /** How many parts of a node's name tell its block. Default: as many as give at most 24 blocks. */
  readonly depth?: number;
}

/**
 * What a model takes, gives, holds and costs, as a whole and by block.
 *
 * @throws UserError for an extent that the model does not have
 * @example summarizeModel(parseModel(bytes, 'model.onnx')).flops;
 */
export function summarizeModel(model: Model, { extents, depth }: SummaryOptions = {}): ModelSummary {
  const { graph, irVersion, opsets, producer, metadata } = model;
  const facts = inferShapes(model, extents);
  const all = allConstants(graph);
  return {
    name: graph.name,
    irVersion,
    opsets: Object.fromEntries([...opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    producer,
    metadata: Object.fromEntries(metadata),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)).map(describePort),
    outputs: graph.outputs.map(describePort),
    nodes: graph.nodes.length,
    operators: operatorCounts(graph.nodes),
    weights: bytesByType(all),
    ...costOf(graph.nodes, all, facts),
    blocks: chooseBlocks(graph, facts, depth),
    unknownShapes: facts.unknown,
  };
}

/** What a graph's constants take, whether or not a node takes them. */
export function storageOf(graph: Graph): Pick<Cost, 'parameters' | 'bytes'> {
  return storageOfConstants(allConstants(graph));
}

function allConstants(graph: Graph): Initializer[] {
  const seen = new Set<string>();
  const used = constantsOf(graph.nodes, graph, seen);
  return [...used, ...[...graph.initializers.values()].filter(({ name }) => !seen.has(name))];
}

function describePort({ name, dtype, shape }: GraphPort) {
  return { name, dtype, shape };
}

/** More than these cannot be looked at one by one. */
const manyBlocks = 24;
const deepest = 8;

function chooseBlocks(graph: Graph, facts: GraphFacts, depth: number | undefined): BlockSummary[] {
  if (depth !== undefined) return summarizeBlocks(namedBlocks(graph, depth), graph, facts);
  let chosen = summarizeBlocks(namedBlocks(graph, 1), graph, facts);
  if (chosen.length > manyBlocks && chosen.length > graph.nodes.length / 3) {
    return summarizeBlocks(weightedBlocks(graph), graph, facts);
  }
  for (let deeper = 2; deeper <= deepest; deeper++) {
    const finer = summarizeBlocks(namedBlocks(graph, deeper), graph, facts);
    if (finer.length <= manyBlocks) chosen = finer;
  }
  return chosen;
}

function summarizeBlocks(blocks: readonly Block[], graph: Graph, facts: GraphFacts): BlockSummary[] {
  const seen = new Set<string>();
  const inputs = blockInputs(graph, blocks);
  const single = blocks.map(({ name, nodes }, i): BlockSummary => {
    const [output] = nodes.at(-1)?.outputs ?? [];
    return {
      name,
      repeats: 1,
      nodes: nodes.length,
      operators: operatorCounts(nodes),
      shape: facts.values.get(output)?.shape ?? null,
      inputs: inputs[i],
      ...costOf(nodes, constantsOf(nodes, graph, seen), facts),
    };
  });
  return joinRepeats(single);
}

/** Blocks alike, each of which only goes on from the one before, as one. */
function joinRepeats(blocks: readonly BlockSummary[]): BlockSummary[] {
  const users = blocks.map(() => 0);
  for (const { inputs } of blocks) for (const source of inputs) users[source]++;
  const continues = (i: number) =>
    users[i - 1] === 1 && blocks[i].inputs.join() === `${i - 1}` && isAlike(blocks[i - 1], blocks[i]);
  const groups: BlockSummary[][] = [];
  const groupOf: number[] = [];
  blocks.forEach((block, i) => {
    if (i > 0 && continues(i)) groups.at(-1)?.push(block);
    else groups.push([block]);
    groupOf.push(groups.length - 1);
  });
  return groups.map((group, i) => {
    const [first] = group;
    const last = group.at(-1)?.name.split('.').at(-1);
    const sources = new Set(group.flatMap(({ inputs }) => inputs.map((source) => groupOf[source])));
    return {
      ...first,
      name: group.length > 1 ? `${first.name} – ${last}` : first.name,
      repeats: group.length,
      inputs: [...sources].filter((source) => source !== i),
    };
  });
}

function isAlike(a: BlockSummary, b: BlockSummary): boolean {
  const key = ({ operators, shape, parameters }: BlockSummary) =>
    JSON.stringify([operators, shape, parameters]);
  return key(a) === key(b);
}

function costOf(nodes: readonly GraphNode[], constants: readonly Initializer[], facts: GraphFacts): Cost {
  const multiplyAdds = nodes.map((node) => facts.multiplyAdds.get(node) ?? null);
  return {
    ...storageOfConstants(constants),
    flops: multiplyAdds.includes(null) ? null : 2 * sum(multiplyAdds as number[]),
  };
}

function storageOfConstants(constants: readonly Initializer[]): Pick<Cost, 'parameters' | 'bytes'> {
  const weights = constants.filter(({ learnt, dtype }) => learnt || dtype === 'int8' || dtype === 'uint8');
  return {
    parameters: sum(weights.map(({ shape }) => sizeOf(shape))),
    bytes: sum(constants.map(({ dtype, shape }) => storedBytes(dtype, sizeOf(shape)))),
  };
}

function bytesByType(constants: readonly Initializer[]): Partial<Record<ElementType, number>> {
  const bytes: Partial<Record<ElementType, number>> = {};
  for (const { dtype, shape } of constants) {
    bytes[dtype] = (bytes[dtype] ?? 0) + storedBytes(dtype, sizeOf(shape));
  }
  return bytes;
}

function operatorCounts(nodes: readonly GraphNode[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operator, domain } of nodes) {
    const name = domain ? `${domain}:${operator}` : operator;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
