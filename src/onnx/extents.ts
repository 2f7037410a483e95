import type { Graph, GraphNode } from './graph.ts';

/** What each axis of a value measures; null where that is known only when the graph runs. */
export type Extents = readonly (number | null)[];

/** Give a value of their first input's shape, or, with two inputs, of the larger one's. */
const elementwise = new Set([
  ...['Relu', 'LeakyRelu', 'Clip', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'HardSigmoid', 'Softplus', 'Softsign'],
  ...['Identity', 'Cast', 'Dropout', 'BatchNormalization', 'Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'PRelu'],
  ...['Exp', 'Log', 'Sqrt', 'Neg', 'Abs', 'Erf', 'Softmax'],
]);

/**
 * The extents of values from the inputs on, as far as they go through convolutions, pooling, transposes and
 * operators on single elements: what image and video backbones are made of. Other values are not in the map.
 */
export function knownExtents(graph: Graph): Map<string, Extents> {
  const known = new Map<string, Extents>();
  for (const { name, shape } of graph.inputs) {
    if (shape)
      known.set(
        name,
        shape.map((extent) => (typeof extent === 'number' ? extent : null)),
      );
  }
  for (const { name, shape } of graph.initializers.values()) known.set(name, shape);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => known.get(name));
    const extents = inputs[0] ? extentsOf(node, inputs, graph) : statedExtents(node, graph);
    if (extents) known.set(node.outputs[0], extents);
  }
  return known;
}

function extentsOf(
  node: GraphNode,
  inputs: readonly (Extents | undefined)[],
  graph: Graph,
): Extents | undefined {
  const [x, second] = inputs as [Extents, Extents | undefined];
  if (elementwise.has(node.operator)) {
    if (node.operator === 'BatchNormalization' || node.inputs.length === 1) return x;
    return inputs.includes(undefined) ? undefined : broadcast(inputs as Extents[]);
  }
  // Their scales are for an axis of their own.
  if (node.operator === 'QuantizeLinear' || node.operator === 'DequantizeLinear') return x;
  if (node.operator === 'Transpose') {
    const permutation = node.attributes.perm as readonly number[] | undefined;
    return permutation ? permutation.map((axis) => x[axis]) : x.toReversed();
  }
  if (node.operator === 'Reshape' && !node.attributes.allowzero) {
    const target = integersOf(node.inputs[1], graph);
    return target && reshaped(x, target);
  }
  if (node.operator === 'Slice') return sliced(node, x, graph);
  if (node.operator === 'Conv') return second && windowed(node, x, second.slice(2) as number[], second[0]);
  if (node.operator === 'MaxPool' || node.operator === 'AveragePool') {
    if (node.attributes.ceil_mode) return undefined;
    return windowed(node, x, node.attributes.kernel_shape as readonly number[], x[1]);
  }
  if (node.operator === 'GlobalAveragePool') return [...x.slice(0, 2), ...x.slice(2).map(() => 1)];
  return undefined;
}

/** What a node gives of an input of which nothing is known. */
function statedExtents({ operator, inputs }: GraphNode, graph: Graph): Extents | undefined {
  const target = operator === 'Reshape' ? integersOf(inputs[1], graph) : undefined;
  return target?.includes(0) ? undefined : target?.map((extent) => (extent === -1 ? null : extent));
}

function integersOf(name: string | undefined, graph: Graph): number[] | undefined {
  const constant = name ? graph.initializers.get(name) : undefined;
  return constant && Array.from(constant.data(), Number);
}

/** Forwards and from constants; other axes keep what is known of them. */
function sliced({ inputs }: GraphNode, x: Extents, graph: Graph): Extents | undefined {
  const [starts, ends] = inputs.slice(1, 3).map((name) => integersOf(name, graph));
  const axes = inputs[3] ? integersOf(inputs[3], graph) : starts?.map((_, i) => i);
  const steps = inputs[4] ? integersOf(inputs[4], graph) : starts?.map(() => 1);
  if (!starts || !ends || !axes || !steps?.every((step) => step > 0)) return undefined;
  return axes.reduce<Extents>((extents, given, i) => {
    const axis = given < 0 ? given + x.length : given;
    const extent = extents[axis];
    if (extent === null) return extents;
    const [start, end] = [starts[i], ends[i]].map((at) =>
      Math.min(extent, Math.max(0, at < 0 ? at + extent : at)),
    );
    return extents.with(axis, Math.max(0, Math.ceil((end - start) / steps[i])));
  }, x);
}

/** 0 keeps an extent, and −1 is what is left over, which is known where all of the input's are. */
function reshaped(x: Extents, target: readonly number[]): Extents {
  const extents = target.map((extent, axis) => (extent === 0 ? x[axis] : extent));
  const size = (known: Extents) =>
    known.reduce<number | null>(
      (product, extent) => (extent === null || product === null ? null : product * extent),
      1,
    );
  const [all, others] = [size(x), size(extents.filter((extent) => extent !== -1))];
  const rest = all === null || others === null ? null : all / others;
  return extents.map((extent) => (extent === -1 ? rest : extent));
}

/** Of operators on single elements whose inputs have the rank of their result or less, and extents of 1 that stretch. */
function broadcast(inputs: readonly Extents[]): Extents {
  const rank = Math.max(...inputs.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const extents = inputs.map((shape) =>
      axis < rank - shape.length ? 1 : shape[axis - rank + shape.length],
    );
    return extents.find((extent) => extent !== null && extent !== 1) ?? (extents.includes(null) ? null : 1);
  });
}

/** Of a convolution or pooling. */
function windowed(
  { attributes }: GraphNode,
  [batch, , ...space]: Extents,
  kernel: readonly number[],
  channels: number | null,
): Extents | undefined {
  if ('auto_pad' in attributes && attributes.auto_pad !== 'NOTSET') return undefined;
  const list = (name: string, fallback: number) =>
    (attributes[name] as readonly number[] | undefined) ?? Array<number>(2 * space.length).fill(fallback);
  const [pads, strides, dilations] = [list('pads', 0), list('strides', 1), list('dilations', 1)];
  const out = space.map((extent, axis) => {
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const padded = extent === null ? null : extent + pads[axis] + pads[axis + space.length];
    return padded === null ? null : Math.floor((padded - reach) / strides[axis]) + 1;
  });
  return [batch, channels, ...out];
}
