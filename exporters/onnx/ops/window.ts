import type { Attribute, Layout, NodeBuilder, Value } from '../../../src/onnx/converter.ts';

export type DataFormat = 'channelsFirst' | 'channelsLast';
export type Padding = 'valid' | 'same' | 'causal';

/** A layer's input as ONNX's spatial operators want it: [N, C, extents…], whichever data format the layer has. */
export interface Spatial {
  readonly x: Value;
  /** Of the axes that are neither batch nor channels; null where known only at run time. */
  readonly extents: readonly (number | null)[];
  /** Of what such an operator returns. */
  readonly layout: Layout;
}

export function spatialInput(value: Value, dataFormat: DataFormat, graph: NodeBuilder): Spatial {
  if (dataFormat === 'channelsFirst') {
    return { x: graph.tfjsOrder(value), extents: value.shape.slice(2), layout: 'tfjs' };
  }
  return { x: graph.channelsFirst(value), extents: value.shape.slice(1, -1), layout: 'channels-first' };
}

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations?: readonly number[];
  readonly padding: Padding;
}

/**
 * @throws UserError for a window over three axes that pads to the 'same' extent with strides longer than itself: tfjs
 * comes to a negative padding there, and takes other places than it does over two axes
 */
export function refuseNegativePadding(
  { kernel, strides, dilations = kernel.map(() => 1), padding }: Window,
  graph: NodeBuilder,
): void {
  const isShorter = kernel.some((size, axis) => (size - 1) * dilations[axis] + 1 < strides[axis]);
  if (kernel.length === 3 && padding === 'same' && isShorter) {
    throw graph.unsupported(
      `'same' padding of a window [${kernel}] with strides [${strides}], which tfjs shifts`,
    );
  }
}

/** The attributes of a convolution or pooling window that pads as tfjs does: 'same' puts the odd zero at the end. */
export function windowAttributes(
  { kernel, strides, dilations = kernel.map(() => 1), padding }: Window,
  extents: readonly (number | null)[],
): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = { kernel_shape: kernel, strides };
  if (dilations.some((dilation) => dilation !== 1)) attributes.dilations = dilations;
  if (padding === 'valid') return attributes;
  const totals = kernel.map((size, axis) => {
    const reach = (size - 1) * dilations[axis] + 1;
    const stride = strides[axis];
    if (stride === 1 || reach === 1) return Math.max(reach - stride, 0);
    const extent = extents[axis];
    if (extent === null) return undefined;
    return Math.max((Math.ceil(extent / stride) - 1) * stride + reach - extent, 0);
  });
  // How much a strided window pads depends on the extent; where that is unknown, the runtime works it out.
  if (totals.includes(undefined)) return { ...attributes, auto_pad: 'SAME_UPPER' };
  const known = totals as number[];
  if (known.every((total) => total === 0)) return attributes;
  const begins = known.map((total) => Math.floor(total / 2));
  return { ...attributes, pads: [...begins, ...known.map((total, axis) => total - begins[axis])] };
}
