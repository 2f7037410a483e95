import type { Value, ValueShape } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { expanded } from './shape.ts';

/** Along how many axes indices [..., axes] point. */
function depthOf(indices: Value, rank: number, op: GraphOp): number {
  const depth = indices.shape.at(-1) ?? null;
  if (depth === null || depth < 1 || depth > rank) {
    throw op.unsupported(`indices along ${depth ?? 'an unknown number of'} axes of ${rank}`);
  }
  return depth;
}

const gatherNd: ConvertOp = ([x, indices], op) => {
  const depth = depthOf(indices, x.shape.length, op);
  return op.node('GatherND', [op.tfjsOrder(x), op.cast(op.tfjsOrder(indices), 'int64')], {
    ...{ shape: [...indices.shape.slice(0, -1), ...x.shape.slice(depth)], layout: 'tfjs' },
  });
};

/** A tensor with values put in where indices point; what is put twice in one place is added up, or the last one counts. */
function scattered(x: Value, indices: Value, updates: Value, op: GraphOp, adds = false): Value {
  depthOf(indices, x.shape.length, op);
  return op.node('ScatterND', [x, op.cast(op.tfjsOrder(indices), 'int64'), op.tfjsOrder(updates)], {
    ...(adds && { attributes: { reduction: 'add' } }),
    ...{ shape: x.shape, layout: 'tfjs' },
  });
}

/** A scalar repeated to a shape that a vector gives. */
export function filledShape(scalar: Value, extents: Value, op: GraphOp): Value {
  op.requireRank(extents, 1);
  const [rank] = extents.shape;
  if (rank === null) throw op.unsupported('a shape of unknown rank');
  const shape: ValueShape = op.elementsOf(extents) ?? Array<null>(rank).fill(null);
  return op.node('Expand', [scalar, op.int64(extents)], { shape, layout: 'tfjs' });
}

const scatterNd: ConvertOp = ([indices, updates, extents], op) => {
  if (updates.dtype === 'bool') throw op.unsupported('a sum of what is true or false');
  const zero = op.cast(op.constant(Float32Array.of(0), []), updates.dtype);
  return scattered(filledShape(zero, extents, op), indices, updates, op, true);
};

const tensorScatterUpdate: ConvertOp = ([x, indices, updates], op) => {
  if (x.dtype !== updates.dtype) throw op.unsupported(`updates of ${x.dtype} by ${updates.dtype}`);
  return scattered(op.tfjsOrder(x), indices, updates, op);
};

/** Indices may be a number, or a vector of numbers along one axis; one value may stand for all. */
const sparseToDense: ConvertOp = ([given, extents, values, fill], op) => {
  op.requireRank(given, 0, 1, 2);
  op.requireRank(fill, 0);
  const number = given.shape.length === 0 ? expanded(given, 0, op) : given;
  const indices = number.shape.length === 1 ? expanded(number, 1, op) : number;
  const count = indices.shape[0];
  const updates =
    values.shape.length > 0
      ? values
      : op.node('Expand', [values, countOf(indices, op)], { shape: [count], layout: 'tfjs' });
  const dense = filledShape(op.cast(fill, values.dtype), extents, op);
  return scattered(dense, indices, updates, op);
};

/** Of rows, as a vector of one element. */
function countOf(x: Value, op: GraphOp): Value {
  if (x.shape[0] !== null) return op.constant([x.shape[0]]);
  return op.node('Shape', [x], {
    attributes: { start: 0, end: 1 },
    ...{ dtype: 'int64', shape: [1], layout: 'tfjs' },
  });
}

export const scatters = [
  defineGraphConverter('GatherNd', 2, gatherNd),
  defineGraphConverter('ScatterNd', 3, scatterNd),
  defineGraphConverter('TensorScatterUpdate', 3, tensorScatterUpdate),
  defineGraphConverter('SparseToDense', 4, sparseToDense),
];
