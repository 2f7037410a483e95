import type { Value } from '../../../src/core/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { storedOrder } from './stored-order.ts';

/** [axes, 2] in TensorFlow: begin and end of each; in ONNX all begins, then all ends. */
function padded(
  x: Value,
  paddings: Value,
  mode: 'constant' | 'reflect',
  fill: Value | null,
  op: GraphOp,
): Value {
  const constant = op.constantOf(paddings);
  const rank = x.shape.length;
  if (constant?.dtype !== 'int32' || constant.shape.join() !== `${rank},2`) {
    throw op.unsupported('paddings known only at run time, or for another number of axes');
  }
  const pads = [...constant.data()];
  if (!pads.every((pad) => pad >= 0)) throw op.unsupported(`paddings [${pads}]`);
  const order = storedOrder(x);
  const stored = [...order.map((axis) => pads[2 * axis]), ...order.map((axis) => pads[2 * axis + 1])];
  const shape = x.shape.map((extent, axis) =>
    extent === null ? null : extent + pads[2 * axis] + pads[2 * axis + 1],
  );
  return op.node('Pad', [x, op.constant(stored), ...(fill ? [fill] : [])], {
    ...(mode === 'reflect' && { attributes: { mode } }),
    shape,
  });
}

const pad: ConvertOp = ([x, paddings], op) => padded(x, paddings, 'constant', null, op);

/** Zero is what ONNX pads with by itself, in a form that passes know. */
const padV2: ConvertOp = ([x, paddings, fill], op) => {
  op.requireRank(fill, 0);
  const isZero = op.constantOf(fill)?.data()[0] === 0;
  return padded(x, paddings, 'constant', isZero ? null : fill, op);
};

const mirrorPad: ConvertOp = ([x, paddings], op) => {
  const mode = op.attributes.text('mode');
  if (mode !== 'REFLECT') throw op.unsupported(`the mode ${mode}, which repeats the border`);
  return padded(x, paddings, 'reflect', null, op);
};

export const paddings = [
  defineGraphConverter('Pad', 2, pad),
  defineGraphConverter('PadV2', 3, padV2),
  defineGraphConverter('MirrorPad', 2, mirrorPad),
];
