import type { Value } from '../../../src/onnx/converter.ts';
import { broadcastShape, type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { aligned } from './align.ts';

/** One node of two inputs, or more, that are broadcast. */
export function broadcastNode(
  operator: string,
  inputs: readonly Value[],
  op: GraphOp,
  dtype?: Value['dtype'],
): Value {
  const shape = broadcastShape(
    inputs.map((input) => input.shape),
    op,
  );
  const stored = aligned(inputs, op);
  const layout = stored.some((value) => value.layout === 'channels-first') ? 'channels-first' : 'tfjs';
  return op.node(operator, stored, { shape, layout, dtype: dtype ?? inputs.at(-1)!.dtype });
}

/** Operators that ONNX has as they are. */
const same: Readonly<Record<string, string>> = {
  ...{ Add: 'Add', AddV2: 'Add', BiasAdd: 'Add', Sub: 'Sub', Mul: 'Mul' },
  ...{ Maximum: 'Max', Minimum: 'Min', Pow: 'Pow' },
};

const computed: Readonly<Record<string, (a: Value, b: Value, op: GraphOp) => Value>> = {
  // tfjs divides integers into integers.
  RealDiv: divide,
  Div: divide,
  DivNoNan: (a, b, op) => {
    const zero = op.constant(Float32Array.of(0), []);
    const isZero = broadcastNode('Equal', [b, zero], op, 'bool');
    return broadcastNode('Where', [isZero, zero, broadcastNode('Div', [a, b], op)], op);
  },
  FloorDiv: floorDivide,
  FloorMod: remainder,
  Mod: remainder,
  SquaredDifference: (a, b, op) => {
    const difference = broadcastNode('Sub', [a, b], op);
    return op.node('Mul', [difference, difference]);
  },
};

function divide(a: Value, b: Value, op: GraphOp): Value {
  return a.dtype === 'int32' ? floorDivide(a, b, op) : broadcastNode('Div', [a, b], op);
}

/** ONNX rounds quotients of integers towards zero; one of multiples needs no rounding. */
function floorDivide(a: Value, b: Value, op: GraphOp): Value {
  if (a.dtype !== 'int32') return op.node('Floor', [divide(a, b, op)]);
  const multiple = broadcastNode('Sub', [a, remainder(a, b, op)], op);
  return broadcastNode('Div', [multiple, b], op);
}

/** Of the divisor's sign. ONNX's own remainder has that for integers alone. */
function remainder(a: Value, b: Value, op: GraphOp): Value {
  if (a.dtype === 'int32') return broadcastNode('Mod', [a, b], op);
  const whole = floorDivide(a, b, op);
  return broadcastNode('Sub', [a, broadcastNode('Mul', [whole, b], op)], op);
}

function binary(compute: (a: Value, b: Value, op: GraphOp) => Value): ConvertOp {
  return ([a, b], op) => {
    if (a.dtype !== b.dtype) throw op.unsupported(`inputs of the types ${a.dtype} and ${b.dtype}`);
    return compute(a, b, op);
  };
}

const addN: ConvertOp = (inputs, op) => inputs.reduce((sum, input) => broadcastNode('Add', [sum, input], op));

export const arithmetic = [
  ...Object.entries(same).map(([operator, name]) =>
    defineGraphConverter(
      operator,
      2,
      binary((a, b, op) => broadcastNode(name, [a, b], op)),
    ),
  ),
  ...Object.entries(computed).map(([operator, compute]) =>
    defineGraphConverter(operator, 2, binary(compute)),
  ),
  defineGraphConverter('AddN', 1, addN),
];
