import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';
import { expanded } from './shape.ts';

/** Whole numbers from 0 to before an extent of a value, int32. */
export function counted(x: Value, axis: number, op: GraphOp): Value {
  const extent = x.shape[axis];
  const length =
    extent === null
      ? op.node('Shape', [op.tfjsOrder(x)], {
          attributes: { start: axis, end: axis + 1 },
          ...{ dtype: 'int64', shape: [1], layout: 'tfjs' },
        })
      : op.constant([extent]);
  return upTo(op.node('Squeeze', [length, op.constant([0])], { shape: [] }), extent, op);
}

/** @param length an int64 scalar */
export function upTo(length: Value, known: number | null, op: GraphOp): Value {
  const numbers = op.node('Range', [op.constant([0], []), length, op.constant([1], [])], {
    ...{ dtype: 'int64', shape: [known], layout: 'tfjs' },
  });
  return op.cast(numbers, 'int32');
}

/** Matrices with all but a band along the diagonal set to zero. */
const bandPart: ConvertOp = ([given, lower, upper], op) => {
  const rank = given.shape.length;
  if (rank < 2) throw op.unsupported(`a tensor of rank ${rank}`);
  for (const value of [lower, upper]) op.requireRank(value, 0);
  const [below] = op.integers(lower, 'a number of diagonals');
  const [above] = op.integers(upper, 'a number of diagonals');
  if (below !== above) {
    throw op.unsupported(`${below} diagonals below and ${above} above: tfjs takes the first for both`);
  }
  if (below < 0) return given;
  const x = op.tfjsOrder(given);
  const rows = expanded(counted(x, rank - 2, op), 1, op);
  const distance = op.node('Abs', [broadcastNode('Sub', [rows, counted(x, rank - 1, op)], op)]);
  const isInside = broadcastNode(
    'LessOrEqual',
    [distance, op.cast(op.constant([below], []), 'int32')],
    op,
    'bool',
  );
  const zero = op.cast(op.constant(Float32Array.of(0), []), x.dtype);
  return broadcastNode('Where', [isInside, x, zero], op);
};

export const bands = defineGraphConverter('MatrixBandPart', 3, bandPart);
