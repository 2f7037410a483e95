import { bytesOf } from '../../src/onnx/element-type.ts';
import type { Attribute, Graph, GraphNode, GraphPort, Initializer } from '../../src/onnx/graph.ts';
import type { Model } from '../../src/onnx/model.ts';
import { storageOf } from './summary.ts';

/** Something that one model has and the other has not, or has otherwise. */
export interface Change {
  readonly kind: 'input' | 'output' | 'node' | 'initializer' | 'opset' | 'metadata';
  readonly name: string;
  /** What it is in the first model; null where it is only in the second. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ModelDifference {
  /** Of the first model, of the second; as a summary counts them, whether or not they differ. */
  readonly parameters: readonly [before: number, after: number];
  readonly bytes: readonly [before: number, after: number];
  readonly changes: readonly Change[];
  /** Operators whose numbers differ: of the first model, of the second. */
  readonly operators: Readonly<Record<string, readonly [before: number, after: number]>>;
}

/**
 * What changed from one model to another: inputs, outputs, nodes (by name; without one, by their first output),
 * initialisers with their elements, operator sets and metadata. Equal models have no changes.
 */
export function compareModels(before: Model, after: Model): ModelDifference {
  const [a, b] = [before.graph, after.graph];
  const changes = [
    ...changed('input', ports(a.inputs), ports(b.inputs)),
    ...changed('output', ports(a.outputs), ports(b.outputs)),
    ...changed('node', nodes(a), nodes(b)),
    ...changedInitializers(a, b),
    ...changed('opset', texts(before.opsets), texts(after.opsets)),
    ...changed('metadata', texts(before.metadata), texts(after.metadata)),
  ];
  const [stored, storedAfter] = [storageOf(a), storageOf(b)];
  return {
    parameters: [stored.parameters, storedAfter.parameters],
    bytes: [stored.bytes, storedAfter.bytes],
    changes,
    operators: changedCounts(a, b),
  };
}

function changed(
  kind: Change['kind'],
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ kind, name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter((change) => change.before !== change.after);
}

function texts(entries: ReadonlyMap<string, string | number>): Map<string, string> {
  return new Map([...entries].map(([key, value]) => [key || 'ai.onnx', String(value)]));
}

function ports(all: readonly GraphPort[]): Map<string, string> {
  return new Map(
    all.map(({ name, dtype, shape }) => [
      name,
      `${dtype ?? 'not a tensor'} ${shape ? `[${shape.join(', ')}]` : 'of any rank'}`,
    ]),
  );
}

function nodes(graph: Graph): Map<string, string> {
  return new Map(graph.nodes.map((node) => [node.name || node.outputs.join(', '), describeNode(node)]));
}

function describeNode({ operator, inputs, outputs, attributes }: GraphNode): string {
  const settings = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${describeAttribute(value)}`);
  return `${operator}(${inputs.join(', ')}) → ${outputs.join(', ')}${settings.length > 0 ? ` {${settings.join(', ')}}` : ''}`;
}

function describeAttribute(value: Attribute): string {
  if (typeof value !== 'object') return JSON.stringify(typeof value === 'bigint' ? String(value) : value);
  if ('float' in value) return String(value.float);
  if ('floats' in value) return `[${value.floats.join(', ')}]`;
  if ('strings' in value) return JSON.stringify(value.strings);
  if ('tensor' in value) return describeElements(value.tensor);
  if ('graph' in value) return describeGraph(value.graph);
  if ('graphs' in value) return `[${value.graphs.map(describeGraph).join(', ')}]`;
  return 'encoded' in value ? `${value.encoded.length} bytes` : `[${value.join(', ')}]`;
}

function describeGraph(graph: Graph): string {
  const constants = [...graph.initializers.values()].map(
    (constant) => `${constant.name} = ${describeElements(constant)}`,
  );
  return `{ ${[...constants, ...graph.nodes.map(describeNode)].join('; ')} }`;
}

function describeShape({ dtype, shape }: Initializer): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** Few elements as they are, many by a number that other elements hardly share. */
function describeElements(constant: Initializer): string {
  if (constant.dtype === 'string') return describeShape(constant);
  const elements = constant.data();
  if (elements.length <= 8) return `${describeShape(constant)} ${elements.join(', ')}`;
  let hash = 0x811c9dc5;
  for (const byte of bytesOf(elements)) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${describeShape(constant)} #${(hash >>> 0).toString(16)}`;
}

function changedInitializers({ initializers: a }: Graph, { initializers: b }: Graph): Change[] {
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((name): Change[] => {
    const [before, after] = [a.get(name), b.get(name)];
    const shapes = {
      before: before ? describeShape(before) : null,
      after: after ? describeShape(after) : null,
    };
    if (shapes.before !== shapes.after) return [{ kind: 'initializer', name, ...shapes }];
    const distance = before && after ? largestDifference(before, after) : 0;
    if (distance === 0) return [];
    return [
      {
        kind: 'initializer',
        name,
        before: shapes.before,
        after: `elements that differ by up to ${distance.toPrecision(3)}`,
      },
    ];
  });
}

/** Of two tensors of one type and shape, as they are stored. */
function largestDifference(before: Initializer, after: Initializer): number {
  if (before.dtype === 'string') return 0;
  const [a, b] = [before.data(), after.data()];
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    // NaN is the same as NaN here.
    if (Object.is(a[i], b[i])) continue;
    const distance = Math.abs(Number(a[i]) - Number(b[i]));
    largest = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(largest, distance);
  }
  return largest;
}

function changedCounts(a: Graph, b: Graph): Record<string, [number, number]> {
  const count = ({ nodes }: Graph, operator: string) =>
    nodes.filter((node) => node.operator === operator).length;
  const operators = new Set([...a.nodes, ...b.nodes].map(({ operator }) => operator));
  return Object.fromEntries(
    [...operators]
      .sort()
      .map((operator) => [operator, [count(a, operator), count(b, operator)]] as [string, [number, number]])
      .filter(([, [before, after]]) => before !== after),
  );
}
