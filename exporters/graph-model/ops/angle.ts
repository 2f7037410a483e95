import type { Value } from '../../../src/onnx/converter.ts';
import { defineGraphConverter, type GraphOp } from '../op.ts';
import { broadcastNode } from './arithmetic.ts';

/**
 * The angle of the point (x, y), in radians, from −π to π. ONNX has the arctangent of a quotient, which is right on the
 * right side; on the left one lies half a turn beyond it. Zeros have signs, as everywhere: of −0, the reciprocal is −∞.
 */
function angle(y: Value, x: Value, op: GraphOp): Value {
  const number = (value: number) => op.constant(Float32Array.of(value), []);
  const node = (operator: string, inputs: readonly Value[], dtype?: Value['dtype']) =>
    broadcastNode(operator, inputs, op, dtype);
  const isNegative = (value: Value) => {
    const isBelow = node('Less', [value, number(0)], 'bool');
    const isMinusZero = node('Less', [op.node('Reciprocal', [value]), number(0)], 'bool');
    return node('Or', [isBelow, isMinusZero], 'bool');
  };
  const isZero = (value: Value) => node('Equal', [value, number(0)], 'bool');
  const isInfinite = (value: Value) => op.node('IsInf', [value], { dtype: 'bool' });
  // 0 / 0 and ∞ / ∞ are no numbers; the angles there are 0 and an eighth of a turn.
  const signs = node('Mul', [op.node('Sign', [y]), op.node('Sign', [x])]);
  const isUndefined = node(
    'Or',
    [node('And', [isInfinite(y), isInfinite(x)], 'bool'), node('And', [isZero(y), isZero(x)], 'bool')],
    'bool',
  );
  const quotient = node('Where', [isUndefined, signs, node('Div', [y, x])]);
  const near = op.node('Atan', [quotient]);
  const half = node('Where', [isNegative(y), number(-Math.PI), number(Math.PI)]);
  const turn = node('Where', [isNegative(x), half, number(0)]);
  return node('Add', [near, turn]);
}

export const atan2 = defineGraphConverter('Atan2', 2, ([y, x], op) =>
  angle(op.cast(y, 'float32'), op.cast(x, 'float32'), op),
);
