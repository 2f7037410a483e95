import type { Value } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { aligned } from './align.ts';
import { fusedTail } from './fused.ts';
import { windowOf } from './window.ts';

/** A convolution over two or three axes; the filter [extents…, in, out] becomes [out, in, extents…]. */
function conv(rank: 2 | 3): ConvertOp {
  return ([x, filter, ...extras], op) => {
    op.requireRank(filter, rank + 2);
    const [inChannels, outChannels] = knownExtents(filter, op).slice(-2);
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    const kernel = op.arranged(filter, [rank + 1, rank, ...axes]);
    return convolve(x, kernel, { rank, inChannels, outChannels, filter, extras }, op);
  };
}

/** Every channel by filters of its own: [h, w, C, multiplier] becomes [C · multiplier, 1, h, w] in C groups. */
const depthwise: ConvertOp = ([x, filter, ...extras], op) => {
  op.requireRank(filter, 4);
  const [height, width, channels, multiplier] = knownExtents(filter, op);
  const outChannels = channels * multiplier;
  const kernel = op.arranged(filter, [2, 3, 0, 1], [outChannels, 1, height, width]);
  return convolve(
    x,
    kernel,
    { rank: 2, inChannels: channels, outChannels, group: channels, filter, extras },
    op,
  );
};

interface Convolution {
  readonly rank: 2 | 3;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly group?: number;
  /** As TensorFlow has it, its first axes those of the window. */
  readonly filter: Value;
  readonly extras: readonly Value[];
}

function convolve(x: Value, kernel: Value, convolution: Convolution, op: GraphOp): Value {
  const { rank, inChannels, outChannels, group, filter, extras } = convolution;
  const window = windowOf(x, knownExtents(filter, op).slice(0, rank), op);
  const channels = window.spatial.layout === 'tfjs' ? x.shape[1] : x.shape.at(-1);
  if (channels !== null && channels !== inChannels) {
    throw op.unsupported(`a filter for ${inChannels} channels on an input of ${channels}`);
  }
  const { bias, apply } = fusedTail(extras, op, window.spatial.layout === 'tfjs');
  const isOwn = bias?.shape.length === 1 && bias.shape[0] === outChannels;
  const y = op.node('Conv', [window.spatial.x, kernel, ...(bias && isOwn ? [bias] : [])], {
    attributes: { ...window.attributes, ...(group !== undefined && { group }) },
    shape: window.outputShape(outChannels),
    layout: window.spatial.layout,
  });
  return apply(bias && !isOwn ? op.node('Add', aligned([y, bias], op)) : y);
}

function knownExtents({ shape }: Value, op: GraphOp): number[] {
  if (shape.every((extent) => extent !== null && extent > 0)) return shape as number[];
  throw op.unsupported(`a filter of shape [${shape.map((extent) => extent ?? '?')}]`);
}

export const convolutions = [
  ...['Conv2D', '_FusedConv2D'].map((operator) => defineGraphConverter(operator, 2, conv(2))),
  defineGraphConverter('Conv3D', 2, conv(3)),
  ...[
    ...['DepthwiseConv2d', 'DepthwiseConv2dNative'],
    ...['FusedDepthwiseConv2dNative', '_FusedDepthwiseConv2dNative'],
  ].map((operator) => defineGraphConverter(operator, 2, depthwise)),
];
