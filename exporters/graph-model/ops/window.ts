import type { Attribute, Value, ValueShape } from '../../../src/onnx/converter.ts';
import { type Spatial, spatialInput, windowAttributes } from '../../onnx/ops/window.ts';
import type { GraphOp } from '../op.ts';

/** A window that is moved over the axes between batch and channels. */
export interface OpWindow {
  readonly spatial: Spatial;
  readonly attributes: Record<string, Attribute>;
  /** The shape of what a convolution or pooling by this window gives. */
  outputShape(channels: number | null): ValueShape;
}

/** The window of an operator with TensorFlow's attributes `strides`, `padding`, `dilations` and `data_format`. */
export function windowOf(x: Value, kernel: readonly number[], op: GraphOp): OpWindow {
  const rank = kernel.length + 2;
  op.requireRank(x, rank);
  const { attributes: given } = op;
  const isChannelsFirst = given.text('data_format', 'NHWC').startsWith('NC');
  const perAxis = (name: string) => {
    const values = given.integers(name, Array(rank).fill(1));
    const axes = isChannelsFirst ? values.slice(2) : values.slice(1, -1);
    if (values.length !== rank || !axes.every((value) => value > 0 && value < 2 ** 31)) {
      throw op.unsupported(`${name} [${values}]`);
    }
    return axes;
  };
  const strides = perAxis('strides');
  const dilations = perAxis('dilations');
  if (!kernel.every((extent) => extent > 0)) throw op.unsupported(`a window of [${kernel}]`);
  const spatial = spatialInput(x, isChannelsFirst ? 'channelsFirst' : 'channelsLast', op);
  const padding = given.text('padding').toUpperCase();
  const pads = padding === 'EXPLICIT' ? explicitPads(rank, isChannelsFirst, op) : undefined;
  if (!pads && padding !== 'SAME' && padding !== 'VALID') throw op.unsupported(`padding ${padding}`);
  const attributes = windowAttributes(
    { kernel, strides, dilations, padding: padding === 'SAME' ? 'same' : 'valid' },
    spatial.extents,
  );
  const extents = spatial.extents.map((extent, axis) => {
    if (extent === null) return null;
    if (padding === 'SAME') return Math.ceil(extent / strides[axis]);
    const padded = extent + (pads ? pads[axis] + pads[axis + kernel.length] : 0);
    const steps = Math.floor((padded - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
    if (steps < 1) throw op.unsupported(`a window of [${kernel}] on [${spatial.extents}]`);
    return steps;
  });
  return {
    spatial,
    attributes: pads?.some((pad) => pad > 0) ? { ...attributes, pads } : attributes,
    outputShape: (channels) =>
      isChannelsFirst ? [x.shape[0], channels, ...extents] : [x.shape[0], ...extents, channels],
  };
}

/** TensorFlow gives begin and end of every axis in turn; ONNX wants all begins, then all ends, of the spatial ones. */
function explicitPads(rank: number, isChannelsFirst: boolean, op: GraphOp): number[] {
  const pads = op.attributes.integers('explicit_paddings');
  const spatial = isChannelsFirst ? pads.slice(4) : pads.slice(2, -2);
  const outside = isChannelsFirst ? pads.slice(0, 4) : [...pads.slice(0, 2), ...pads.slice(-2)];
  const isSane = pads.every((pad) => pad >= 0 && pad < 2 ** 31) && outside.every((pad) => pad === 0);
  if (pads.length !== 2 * rank || !isSane) throw op.unsupported(`explicit_paddings [${pads}]`);
  return [...spatial.filter((_, i) => i % 2 === 0), ...spatial.filter((_, i) => i % 2 === 1)];
}
