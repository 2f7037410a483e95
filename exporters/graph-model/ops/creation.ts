import { sizeOf } from '../../../src/core/tensor.ts';
import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { upTo } from './band.ts';
import { expanded } from './shape.ts';

/** Vectors that are made when exporting are no longer than this. */
const longestLiteral = 2 ** 16;

const fill: ConvertOp = ([extents, value], op) => filled(value, extents, op);

/** A scalar repeated. */
function filled(value: Value, extents: Value, op: GraphOp): Value {
  op.requireRank(value, 0);
  op.requireRank(extents, 1);
  const [rank] = extents.shape;
  if (rank === null) throw op.unsupported('a shape of unknown rank');
  const shape = op.elementsOf(extents) ?? Array<null>(rank).fill(null);
  return op.node('Expand', [value, op.int64(extents)], { shape, layout: 'tfjs' });
}

const range: ConvertOp = ([start, limit, delta], op) => {
  const [first, last, step] = [start, limit, delta].map((value) => {
    op.requireRank(value, 0);
    return op.elementsOf(value)?.[0] ?? null;
  });
  if (start.dtype === 'int32' && first !== null && last !== null && step !== null && step !== 0) {
    const length = Math.max(0, Math.ceil((last - first) / step));
    if (length > longestLiteral) throw op.unsupported(`a range of ${length} numbers`);
    const data = Int32Array.from({ length }, (_, i) => first + i * step);
    return op.literal({ dtype: 'int32', shape: [length], data: () => data });
  }
  return op.node('Range', [start, limit, delta], { shape: [null], layout: 'tfjs' });
};

/** Ones or zeros of a value's shape. */
function like(number: 0 | 1): ConvertOp {
  return ([x], op) => {
    const { shape } = x;
    const ordered = op.tfjsOrder(x);
    const extents = op.node('Shape', [ordered], { dtype: 'int64', shape: [shape.length], layout: 'tfjs' });
    const value = op.cast(op.constant(Float32Array.of(number), []), x.dtype);
    return op.node('Expand', [value, extents], { shape, layout: 'tfjs' });
  };
}

/** So many numbers in equal steps, both bounds among them. */
const linSpace: ConvertOp = (bounds, op) => {
  for (const bound of bounds) op.requireRank(bound, 0);
  const [start, stop, num] = bounds;
  const [count = null] = op.elementsOf(num) ?? [null];
  const one = op.constant(Float32Array.of(1), []);
  const steps = op.node('Max', [op.node('Sub', [op.cast(num, 'float32'), one]), one]);
  const step = op.node('Div', [op.node('Sub', [stop, start]), steps]);
  const numbers = op.cast(upTo(op.cast(num, 'int64'), count, op), 'float32');
  const offsets = op.node('Mul', [numbers, step]);
  return op.node('Add', [offsets, start]);
};

const cast: ConvertOp = ([x], op) => {
  const target = op.attributes.type('DstT');
  const constant = op.constantOf(x);
  if (constant && sizeOf(constant.shape) <= longestLiteral && target !== 'bool' && x.dtype !== target) {
    return op.literal({
      dtype: target as 'float32' | 'int32',
      shape: constant.shape,
      data: () => converted(constant.data(), target),
    });
  }
  return op.cast(x, target);
};

/** Towards zero, as everywhere. */
function converted(data: Float32Array | Int32Array | Uint8Array, target: Value['dtype']) {
  return target === 'float32' ? Float32Array.from(data) : Int32Array.from(data, Math.trunc);
}

/** Rows, or whatever lies along an axis, by their numbers: the same for all, or each batch's own. */
const gather: ConvertOp = (inputs, op) => {
  const [x, indices] = inputs;
  const given = op.operator === 'GatherV2' ? op.integers(inputs[2], 'an axis')[0] : 0;
  const axis = frontAxis(given, x.shape.length, op);
  const batches = batchAxes(x, indices, axis, op);
  if (batches > 0) return gatherInBatches(x, indices, axis, batches, op);
  return op.node('Gather', [op.tfjsOrder(x), op.tfjsOrder(indices)], {
    attributes: { axis },
    ...{ shape: x.shape.toSpliced(axis, 1, ...indices.shape), layout: 'tfjs' },
  });
};

/** How many axes the two have in common. @throws UserError where they have not */
function batchAxes(x: Value, indices: Value, axis: number, op: GraphOp): number {
  const given = op.attributes.integer('batch_dims', 0);
  const count = given < 0 ? given + indices.shape.length : given;
  const differ = (extent: number | null, i: number) => extent !== null && (x.shape[i] ?? extent) !== extent;
  const isRight = count >= 0 && count <= Math.min(axis, indices.shape.length);
  if (!isRight || indices.shape.slice(0, count).some(differ)) throw op.unsupported(`batch_dims ${given}`);
  return count;
}

/** GatherND takes from the axis behind the batches. */
function gatherInBatches(x: Value, indices: Value, axis: number, batches: number, op: GraphOp): Value {
  const axes = [...x.shape.keys()];
  const between = axes.slice(batches, axis);
  const rest = [...between, ...axes.slice(axis + 1)];
  const source =
    between.length === 0 ? op.tfjsOrder(x) : op.arranged(x, [...axes.slice(0, batches), axis, ...rest]);
  const numbers = expanded(op.cast(indices, 'int64'), indices.shape.length, op);
  const own = indices.shape.slice(batches);
  const common = indices.shape.slice(0, batches).map((extent, i) => x.shape[i] ?? extent);
  const result = op.node('GatherND', [source, numbers], {
    attributes: { batch_dims: batches },
    ...{ shape: [...common, ...own, ...rest.map((i) => x.shape[i])], layout: 'tfjs' },
  });
  if (between.length === 0 || own.length === 0) return result;
  const order = [...result.shape.keys()];
  const end = batches + own.length;
  const moved = order.slice(end, end + between.length);
  return op.arranged(result, [
    ...order.slice(0, batches),
    ...moved,
    ...order.slice(batches, end),
    ...order.slice(end + between.length),
  ]);
}

/** Compared with each class's number: ONNX's own OneHot counts negative indices from the end, here they are no class. */
const oneHot: ConvertOp = ([indices, depth, on, off], op) => {
  const axis = op.attributes.integer('axis', -1);
  if (axis !== -1) throw op.unsupported(`axis ${axis}`);
  const [classes] = op.integers(depth, 'a depth');
  if (!(classes > 0 && classes <= longestLiteral)) throw op.unsupported(`${classes} classes`);
  for (const value of [on, off]) op.requireRank(value, 0);
  const data = Int32Array.from({ length: classes }, (_, i) => i);
  const numbers = op.literal({ dtype: 'int32', shape: [classes], data: () => data });
  const isClass = broadcastNode('Equal', [expanded(indices, indices.shape.length, op), numbers], op, 'bool');
  return broadcastNode('Where', [isClass, on, off], op);
};

export const creations = [
  defineGraphConverter('Fill', 2, fill),
  defineGraphConverter('Range', 3, range),
  defineGraphConverter('LinSpace', 3, linSpace),
  defineGraphConverter('ZerosLike', 1, like(0)),
  defineGraphConverter('OnesLike', 1, like(1)),
  defineGraphConverter('Cast', 1, cast),
  defineGraphConverter('Gather', 2, gather),
  defineGraphConverter('GatherV2', 3, gather),
  defineGraphConverter('OneHot', 4, oneHot),
];
