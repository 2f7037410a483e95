import type { Value } from '../../../src/onnx/converter.ts';
import type { GraphOp } from '../op.ts';

/**
 * Inputs of an operator that broadcasts, stored so that it can. Channels-first as soon as one of the highest rank is,
 * since that one came from a convolution and most likely leads to another; what has fewer axes then gets new ones in
 * front. Where all lie in tfjs's order, ONNX does that itself.
 */
export function aligned(inputs: readonly Value[], op: GraphOp): Value[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const isMoved = ({ layout, shape }: Value) =>
    layout === 'channels-first' && shape.length === rank && rank > 2;
  if (!inputs.some(isMoved)) return inputs.map((input) => op.tfjsOrder(input));
  return inputs.map((input) => {
    if (input.shape.length === 0 || isMoved(input)) return input;
    return op.constantOf(input)?.dtype === 'float32'
      ? movedConstant(input, rank, op)
      : op.channelsFirst(withRank(input, rank, op));
  });
}

/** A constant as if it had `rank` axes, channels-first. */
function movedConstant(constant: Value, rank: number, op: GraphOp): Value {
  const missing = rank - constant.shape.length;
  const shape = [...Array<number>(missing).fill(1), ...(constant.shape as number[])];
  const axes = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
  const permutation = axes.filter((axis) => axis >= missing).map((axis) => axis - missing);
  const stored = op.arranged(
    constant,
    permutation,
    axes.map((axis) => shape[axis]),
  );
  return { ...stored, shape, layout: 'channels-first' };
}

function withRank(value: Value, rank: number, op: GraphOp): Value {
  const missing = rank - value.shape.length;
  if (missing === 0) return value;
  const axes = Array.from({ length: missing }, (_, axis) => axis);
  const shape = [...axes.map(() => 1), ...value.shape];
  return op.node('Unsqueeze', [op.tfjsOrder(value), op.constant(axes)], { shape, layout: 'tfjs' });
}
