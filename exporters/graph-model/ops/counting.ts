import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, frontAxis } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { upTo } from './band.ts';
import { expanded } from './shape.ts';
import { sliced, toTheEnd } from './slice.ts';

/** How often each number below a size occurs in each row, or the sum of weights that stand where it does. */
function bincount(isDense: boolean): ConvertOp {
  return ([x, size, weights], op) => {
    op.requireRank(x, ...(isDense ? [1, 2] : [1]));
    op.requireRank(size, 0);
    const [known = null] = op.elementsOf(size) ?? [null];
    const bins = upTo(op.cast(size, 'int64'), known, op);
    const rank = x.shape.length;
    const isIn = broadcastNode('Equal', [expanded(x, rank, op), bins], op, 'bool');
    const sum = (terms: Value) =>
      op.node('ReduceSum', [terms, op.constant([rank - 1])], {
        attributes: { keepdims: 0 },
        ...{ shape: [...x.shape.slice(0, -1), known], layout: 'tfjs' },
      });
    if (isDense && op.attributes.flag('binary_output')) {
      if (rank === 1) throw op.unsupported('binary_output of a vector, where tfjs ignores it');
      return op.cast(op.cast(sum(op.cast(isIn, 'int32')), 'bool'), weights.dtype);
    }
    const ones = op.cast(isIn, weights.dtype);
    if (weights.shape.includes(0)) return sum(ones);
    if (weights.shape.length !== rank) throw op.unsupported(`weights of rank ${weights.shape.length}`);
    return sum(broadcastNode('Mul', [ones, expanded(weights, rank, op)], op));
  };
}

/** ONNX has no running product: each doubling of the distance takes in as many factors as there are already. */
const cumulativeProduct: ConvertOp = ([given, axes], op) => {
  const x = op.tfjsOrder(given);
  const axis = frontAxis(op.integers(axes, 'an axis')[0], x.shape.length, op);
  const extent = x.shape[axis];
  if (extent === null || extent > 2 ** 20)
    throw op.unsupported(`products along ${extent ?? 'an unknown extent'}`);
  const isReverse = op.attributes.flag('reverse');
  const one = op.cast(op.constant(Float32Array.of(1), []), x.dtype);
  const moved = (value: Value, distance: number) => {
    const around = Array<number>(2 * x.shape.length).fill(0);
    around[axis + (isReverse ? x.shape.length : 0)] = distance;
    const longer = op.node('Pad', [value, op.constant(around), one], {
      shape: x.shape.with(axis, extent + distance),
    });
    const range = isReverse ? { begin: distance, end: toTheEnd } : { begin: 0, end: extent };
    return sliced(longer, [{ axis, ...range, step: 1 }], op);
  };
  let product = op.attributes.flag('exclusive') ? moved(x, 1) : x;
  for (let distance = 1; distance < extent; distance *= 2) {
    product = op.node('Mul', [product, moved(product, distance)]);
  }
  return product;
};

export const countings = [
  defineGraphConverter('Bincount', 3, bincount(false)),
  defineGraphConverter('DenseBincount', 3, bincount(true)),
  defineGraphConverter('Cumprod', 2, cumulativeProduct),
];
