import type { Value } from '../../../src/core/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
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

const pad: ConvertOp = ([x, paddings], op) => padded(x, pads(paddings, x.shape.length, op), op);

/** Zero is what ONNX pads with by itself, in a form that passes know. */
const padV2: ConvertOp = ([x, paddings, fill], op) => {
  op.requireRank(fill, 0);
  const isZero = op.constantOf(fill)?.data()[0] === 0;
  return padded(x, pads(paddings, x.shape.length, op), op, isZero ? {} : { fill });
};

const mirrorPad: ConvertOp = ([x, paddings], op) => {
  const mode = op.attributes.text('mode');
  if (mode !== 'REFLECT') throw op.unsupported(`the mode ${mode}, which repeats the border`);
  return padded(x, pads(paddings, x.shape.length, op), op, { mode: 'reflect' });
};

export const paddings = [
  defineGraphConverter('Pad', 2, pad),
  defineGraphConverter('PadV2', 3, padV2),
  defineGraphConverter('MirrorPad', 2, mirrorPad),
];
