import { sizeOf } from '../../../src/core/tensor.ts';
import { storedAxis, type Value, type ValueShape } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { reshapeChannelsFirst } from './reshape-channels-first.ts';
import { layoutWithout, storedOrder } from './stored-order.ts';

const shape: ConvertOp = ([x], op) => {
  const extents = op.node('Shape', [op.tfjsOrder(x)], {
    ...{ dtype: 'int64', shape: [x.shape.length], layout: 'tfjs' },
  });
  return op.cast(extents, 'int32');
};

/** What arithmetic of shapes of several axes comes to: of two extents, the one that is not 1. */
const broadcastArgs: ConvertOp = (shapes, op) => {
  for (const one of shapes) op.requireRank(one, 1);
  const rank = Math.max(...shapes.map(({ shape: [length] }) => length ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(rank)) throw op.unsupported('shapes of unknown rank');
  const [a, b] = shapes.map((one) => {
    const missing = rank - one.shape[0]!;
    const front = op.constant(Array<number>(missing).fill(1));
    return missing === 0
      ? op.int64(one)
      : op.node('Concat', [front, op.int64(one)], { attributes: { axis: 0 }, shape: [rank] });
  });
  const isOne = op.node('Equal', [a, op.constant([1])], { dtype: 'bool' });
  return op.cast(op.node('Where', [isOne, b, a], { dtype: 'int64' }), 'int32');
};

const size: ConvertOp = ([x], op) => {
  const count = op.node('Size', [x], { dtype: 'int64', shape: [], layout: 'tfjs' });
  return op.cast(count, 'int32');
};

const rank: ConvertOp = ([x], op) => {
  const data = Int32Array.of(x.shape.length);
  return op.literal({ dtype: 'int32', shape: [], data: () => data });
};

/** To the shape that a vector gives, of which one extent may be −1, and any known only at run time. */
const reshape: ConvertOp = ([x, target], op) => {
  op.requireRank(target, 1);
  const [rank] = target.shape;
  const elements = op.elementsOf(target);
  if (rank === null) throw op.unsupported('a shape of unknown rank');
  const wanted = elements ?? Array<null>(rank).fill(null);
  if (wanted.includes(0)) throw op.unsupported('a shape without elements');
  return reshapeTo(x, inferred(x.shape, wanted, op), op, () => op.int64(target));
};

/** @param target the extents as the graph finds them, for where two or more are unknown */
function reshapeTo(x: Value, shape: ValueShape, op: GraphOp, target: () => Value): Value {
  const moved = reshapeChannelsFirst(x, shape, op);
  if (moved) return moved;
  const isLiteral = shape.filter((extent) => extent === null).length <= 1;
  // One position has its channels where any layout has them, and as one of an image leads to a convolution.
  const isPosition = isLiteral && shape.length > 3 && shape.slice(1, -1).every((extent) => extent === 1);
  const layout = isPosition ? 'channels-first' : 'tfjs';
  const extents = storedOrder({ shape, layout }).map((axis) => shape[axis] ?? -1);
  const source = op.rowMajor(x);
  return op.node('Reshape', [source, isLiteral ? op.constant(extents) : target()], { shape, layout });
}

/** The shape that a reshape gives; null where an extent follows only at run time. */
function inferred(from: ValueShape, wanted: readonly (number | null)[], op: GraphOp): ValueShape {
  const open = wanted.filter((extent) => extent === null || extent < 0).length;
  const known = sizeOf(wanted.filter((extent) => extent !== null && extent >= 0) as number[]);
  if (!from.includes(null)) {
    const total = sizeOf(from as number[]);
    const fits = open === 0 ? total === known : total % known === 0;
    if (!fits) throw op.unsupported(`the shape [${wanted.map((extent) => extent ?? '?')}]`);
    if (open === 1) return wanted.map((extent) => (extent === null || extent < 0 ? total / known : extent));
  }
  return wanted.map((extent) => (extent === null || extent < 0 ? null : extent));
}

const squeeze: ConvertOp = ([x], op) => {
  const given = op.attributes.integers('squeeze_dims', op.attributes.integers('axis', []));
  const ones = x.shape.flatMap((extent, axis) => (extent === 1 ? [axis] : []));
  const axes = given.length > 0 ? given.map((axis) => frontAxis(axis, x.shape.length, op)) : ones;
  return squeezed(x, axes, op);
};

/** The value without axes of one element. */
export function squeezed(x: Value, axes: readonly number[], op: GraphOp): Value {
  const dropped = new Set(axes);
  const wrong = axes.find((axis) => x.shape[axis] !== 1 && x.shape[axis] !== null);
  if (wrong !== undefined)
    throw op.unsupported(`the removal of axis ${wrong}, which has more than one element`);
  if (axes.length === 0) return x;
  const layout = layoutWithout(x, dropped);
  const source = layout ? x : op.tfjsOrder(x);
  const stored = [...dropped].map((axis) => storedAxis(source, axis)).sort((a, b) => a - b);
  const shape = x.shape.filter((_, axis) => !dropped.has(axis));
  return op.node('Squeeze', [source, op.constant(stored)], { shape, layout: layout ?? 'tfjs' });
}

const expandDims: ConvertOp = ([x, axes], op) => {
  const [axis] = op.integers(axes, 'an axis');
  return expanded(x, frontAxis(axis, x.shape.length + 1, op), op);
};

/** The value with a new axis of one element. */
export function expanded(x: Value, axis: number, op: GraphOp): Value {
  const shape = x.shape.toSpliced(axis, 0, 1);
  // Between batch and channels, the order in which the others are stored stays.
  const keeps = x.layout === 'channels-first' && axis > 0 && axis < x.shape.length;
  const stored = keeps ? storedAxis({ ...x, shape }, axis) : axis;
  return op.node('Unsqueeze', [keeps ? x : op.tfjsOrder(x), op.constant([stored])], {
    ...{ shape, layout: keeps ? 'channels-first' : 'tfjs' },
  });
}

export const shapes = [
  defineGraphConverter('Shape', 1, shape),
  defineGraphConverter('ShapeN', 1, (inputs, op) => inputs.map((x) => shape([x], op) as Value)),
  defineGraphConverter('BroadcastArgs', 2, broadcastArgs),
  defineGraphConverter('Size', 1, size),
  defineGraphConverter('Rank', 1, rank),
  defineGraphConverter('Reshape', 2, reshape),
  defineGraphConverter('Squeeze', 1, squeeze),
  defineGraphConverter('ExpandDims', 2, expandDims),
];
