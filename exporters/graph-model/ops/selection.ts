import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { expanded } from './shape.ts';

/** A scalar of whole numbers as ONNX wants counts: int64, as a vector of one element. */
export function countVector(value: Value, op: GraphOp): Value {
  const [known] = op.elementsOf(value) ?? [null];
  if (known !== null && known !== undefined) return op.constant([known]);
  return op.node('Reshape', [op.cast(value, 'int64'), op.constant([1])], { shape: [1], layout: 'tfjs' });
}

/** The greatest along the last axis, the greatest first, and of equal ones the first: the same in all three. */
const topK: ConvertOp = ([x, count], op) => {
  const rank = x.shape.length;
  if (rank === 0) throw op.unsupported('a scalar');
  if (x.dtype === 'bool') throw op.unsupported('the greatest of what is true or false');
  const [k = null] = op.elementsOf(count) ?? [null];
  const extent = x.shape[rank - 1];
  if (k !== null && (k < 0 || (extent !== null && k > extent))) {
    throw op.unsupported(`the greatest ${k} of ${extent ?? '?'}`);
  }
  const shape = [...x.shape.slice(0, -1), k];
  const { values, indices } = op.nodes(
    'TopK',
    [op.tfjsOrder(x), countVector(count, op)],
    { values: { shape }, indices: { shape, dtype: 'int64' } },
    { axis: rank - 1 },
  );
  return [values, op.cast(indices, 'int32')];
};

/** The places of what is true, [as many as there are, axes], in row-major order. */
const where: ConvertOp = ([condition], op) => {
  const rank = condition.shape.length;
  if (rank === 0) throw op.unsupported('a scalar');
  return op.cast(transposed(places(op.cast(condition, 'bool'), op), op), 'int32');
};

/** [axes, as many as there are] */
function places(condition: Value, op: GraphOp): Value {
  return op.node('NonZero', [op.tfjsOrder(condition)], {
    ...{ dtype: 'int64', shape: [condition.shape.length, null], layout: 'tfjs' },
  });
}

function transposed(x: Value, op: GraphOp): Value {
  return op.node('Transpose', [x], { attributes: { perm: [1, 0] }, shape: x.shape.toReversed() });
}

/** Each value once, in order of first appearance, and which of them each is. */
const unique: ConvertOp = ([given, axes], op) => {
  const rank = given.shape.length;
  if (given.dtype === 'bool') throw op.unsupported('what is true or false');
  const list = axes ? op.integers(axes, 'an axis') : [];
  if (list.length === 0 && rank !== 1) throw op.unsupported(`a tensor of rank ${rank} without an axis`);
  const axis = frontAxis(list[0] ?? 0, rank, op);
  // Runtimes know no int32 here.
  const x = op.tfjsOrder(given.dtype === 'int32' ? op.cast(given, 'int64') : given);
  const { values, inverse } = op.nodes(
    'Unique',
    [x],
    {
      values: { shape: x.shape.with(axis, null) },
      first: null,
      inverse: { shape: [x.shape[axis]], dtype: 'int64' },
    },
    { sorted: 0, axis },
  );
  return [op.cast(values, given.dtype), op.cast(inverse, 'int32')];
};

/** Values that another vector has not, and their places. */
const listDifference: ConvertOp = ([x, y], op) => {
  op.requireRank(x, 1);
  op.requireRank(y, 1);
  if (x.dtype !== y.dtype) throw op.unsupported(`inputs of the types ${x.dtype} and ${y.dtype}`);
  const isSame = broadcastNode('Equal', [expanded(x, 1, op), expanded(y, 0, op)], op, 'bool');
  const count = op.node('ReduceSum', [op.cast(isSame, 'int32'), op.constant([1])], {
    attributes: { keepdims: 0 },
    shape: [x.shape[0]],
  });
  const isMissing = op.node('Not', [op.cast(count, 'bool')]);
  const found = places(isMissing, op);
  const indices = op.node('Reshape', [found, op.constant([-1])], { shape: [null] });
  const values = op.node('Gather', [x, indices], { attributes: { axis: 0 }, shape: [null] });
  return [values, op.cast(indices, 'int32')];
};

/** How many of each row's sorted numbers are less than a value, or not greater. */
function bound(comparison: 'Less' | 'LessOrEqual'): ConvertOp {
  return ([sorted, values], op) => {
    op.requireRank(sorted, 2);
    op.requireRank(values, 2);
    if (sorted.dtype !== values.dtype) {
      throw op.unsupported(`inputs of the types ${sorted.dtype} and ${values.dtype}`);
    }
    const isBelow = broadcastNode(comparison, [expanded(sorted, 1, op), expanded(values, 2, op)], op, 'bool');
    return op.node('ReduceSum', [op.cast(isBelow, 'int32'), op.constant([2])], {
      attributes: { keepdims: 0 },
      ...{ shape: values.shape, layout: 'tfjs' },
    });
  };
}

export const selections = [
  defineGraphConverter('TopKV2', 2, topK),
  defineGraphConverter('Where', 1, where),
  defineGraphConverter('Unique', 1, ([x], op) => unique([x], op)),
  defineGraphConverter('UniqueV2', 2, unique),
  defineGraphConverter('ListDiff', 2, listDifference),
  defineGraphConverter('LowerBound', 2, bound('Less')),
  defineGraphConverter('UpperBound', 2, bound('LessOrEqual')),
];
