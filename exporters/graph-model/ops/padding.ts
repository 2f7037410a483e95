import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { concatenated } from './join.ts';
import { sliced, toTheStart } from './slice.ts';
import { storedOrder } from './stored-order.ts';

/** Begin and end of each of a number of axes in turn, from a constant [axes, 2]. */
export function pads(value: Value, axes: number, op: GraphOp): number[] {
  const constant = op.constantOf(value);
  if (constant?.dtype !== 'int32' || constant.shape.join() !== `${axes},2`) {
    throw op.unsupported('paddings known only at run time, or for another number of axes');
  }
  const around = [...constant.data()];
  if (!around.every((pad) => pad >= 0)) throw op.unsupported(`paddings [${around}]`);
  return around;
}

/** @param around begin and end of each axis in turn; ONNX wants all begins, then all ends */
export function padded(
  given: Value,
  around: readonly number[],
  op: GraphOp,
  { mode = 'constant', fill }: { mode?: 'constant' | 'reflect'; fill?: Value } = {},
): Value {
  if (around.every((pad) => pad === 0)) return given;
  // What pads an image's or a clip's border most likely leads to a convolution, which then takes it in.
  const rank = given.shape.length;
  const isBorder = [0, 1, 2 * rank - 2, 2 * rank - 1].every((i) => around[i] === 0);
  const x = (rank === 4 || rank === 5) && isBorder ? op.channelsFirst(given) : given;
  const order = storedOrder(x);
  const stored = [...order.map((axis) => around[2 * axis]), ...order.map((axis) => around[2 * axis + 1])];
  const shape = x.shape.map((extent, axis) =>
    extent === null ? null : extent + around[2 * axis] + around[2 * axis + 1],
  );
  return op.node('Pad', [x, op.constant(stored), ...(fill ? [fill] : [])], {
    ...(mode === 'reflect' && { attributes: { mode } }),
    shape,
  });
}

/** By paddings [axes, 2] that are found at run time. */
export function paddedAtRunTime(x: Value, paddings: Value, op: GraphOp, fill?: Value): Value {
  const rank = x.shape.length;
  if (paddings.shape.length !== 2 || paddings.shape[0] !== rank || paddings.shape[1] !== 2) {
    throw op.unsupported('paddings for another number of axes');
  }
  const turned = op.arranged(op.cast(paddings, 'int64'), [1, 0]);
  const around = op.node('Reshape', [turned, op.constant([2 * rank])], { shape: [2 * rank] });
  return op.node('Pad', [op.tfjsOrder(x), around, ...(fill ? [fill] : [])], {
    ...{ shape: x.shape.map(() => null), layout: 'tfjs' },
  });
}

const pad: ConvertOp = ([x, paddings], op) =>
  op.constantOf(paddings)
    ? padded(x, pads(paddings, x.shape.length, op), op)
    : paddedAtRunTime(x, paddings, op);

/** Zero is what ONNX pads with by itself, in a form that passes know. */
const padV2: ConvertOp = ([x, paddings, fill], op) => {
  op.requireRank(fill, 0);
  if (!op.constantOf(paddings)) return paddedAtRunTime(x, paddings, op, fill);
  const isZero = op.constantOf(fill)?.data()[0] === 0;
  return padded(x, pads(paddings, x.shape.length, op), op, isZero ? {} : { fill });
};

const mirrorPad: ConvertOp = ([x, paddings], op) => {
  const around = pads(paddings, x.shape.length, op);
  const mode = op.attributes.text('mode');
  if (mode === 'REFLECT') return padded(x, around, op, { mode: 'reflect' });
  if (mode === 'SYMMETRIC') return mirrored(x, around, op);
  throw op.unsupported(`the mode ${mode}`);
};

/** With borders turned around, the outermost values twice: axis by axis, since ONNX pads in no such way. */
function mirrored(x: Value, around: readonly number[], op: GraphOp): Value {
  return x.shape.reduce<Value>((value, _, axis) => {
    const turned = (begin: number, end: number) => sliced(value, [{ axis, begin, end, step: -1 }], op);
    const [before, after] = around.slice(2 * axis);
    const pieces = [
      ...(before > 0 ? [turned(before - 1, toTheStart)] : []),
      value,
      ...(after > 0 ? [turned(-1, -1 - after)] : []),
    ];
    return pieces.length > 1 ? concatenated(pieces, axis, op) : value;
  }, x);
}

export const paddings = [
  defineGraphConverter('Pad', 2, pad),
  defineGraphConverter('PadV2', 3, padV2),
  defineGraphConverter('MirrorPad', 2, mirrorPad),
];
