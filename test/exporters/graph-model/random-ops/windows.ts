import type { AttributeList } from '../graph-def.ts';
import { type Draw, type Generate, under } from './draw.ts';
import { fusedTail } from './fused.ts';

interface Window {
  readonly kernel: readonly number[];
  readonly attributes: AttributeList;
}

interface Limits {
  readonly dilates?: boolean;
  /** Whether all steps are equal. */
  readonly isSquare?: boolean;
  readonly padsExplicitly?: boolean;
  readonly isChannelsFirst?: boolean;
  /** Whether a window may be shorter than its steps. */
  readonly isShort?: boolean;
}

/** A window that fits, with the attributes that all operators with windows have. */
function windowOf(draw: Draw, extents: readonly number[], limits: Limits): Window {
  const {
    dilates = false,
    isSquare = false,
    padsExplicitly = false,
    isChannelsFirst = false,
    isShort = true,
  } = limits;
  const padding = draw.pick(['SAME', 'VALID', ...(padsExplicitly ? ['EXPLICIT'] : [])]);
  const kernel = extents.map((extent) => draw.from(1, Math.min(3, extent)));
  const isDilated = dilates && !isChannelsFirst && draw.chance(0.3);
  const dilations = kernel.map((size, i) => (isDilated && 2 * (size - 1) < extents[i] ? 2 : 1));
  // tfjs takes no steps beside dilations, takes either along other axes where channels come first, and shifts a window
  // over three axes that is shorter than its steps.
  const isStill = isDilated || isChannelsFirst;
  const steps = kernel.map((size) =>
    isStill ? 1 : draw.from(1, kernel.length === 3 || !isShort ? size : 3),
  );
  const strides = isSquare ? steps.map(() => Math.min(...steps)) : steps;
  const around = (values: readonly number[]) => (isChannelsFirst ? [1, 1, ...values] : [1, ...values, 1]);
  const pads = extents.flatMap(() => [draw.from(0, 2), draw.from(0, 2)]);
  const explicit_paddings = isChannelsFirst ? [0, 0, 0, 0, ...pads] : [0, 0, ...pads, 0, 0];
  return {
    kernel,
    attributes: {
      ...{ strides: around(strides), padding },
      ...(dilates && { dilations: around(dilations) }),
      ...(padding === 'EXPLICIT' && { explicit_paddings }),
    },
  };
}

interface Image {
  readonly x: string;
  readonly extents: readonly number[];
  readonly channels: number;
}

/** An image or a clip, at times of unknown extents. */
function image(draw: Draw, rank: number, { isChannelsFirst = false, isOpen = true } = {}): Image {
  const extents = Array.from({ length: rank }, () => draw.from(3, rank === 3 ? 5 : 7));
  const channels = draw.from(1, 4);
  const batch = draw.from(1, 3);
  const shape = isChannelsFirst ? [batch, channels, ...extents] : [batch, ...extents, channels];
  return { x: draw.value(shape, isOpen ? {} : { open: [0] }), extents, channels };
}

/** A constant, or what a graph makes of one. */
function filterOf(draw: Draw, shape: readonly number[]): string {
  const filter = draw.graph.random(shape);
  return draw.chance(0.2) ? draw.graph.op('Neg', [filter]) : filter;
}

const convolution = (rank: 2 | 3, isFused = false): Generate => {
  return (draw, operator) => {
    // tfjs has no clips with their channels first.
    const isChannelsFirst = rank === 2 && draw.chance(0.25);
    const { x, extents, channels } = image(draw, rank, { isChannelsFirst });
    const filters = draw.from(1, 4);
    const { kernel, attributes } = windowOf(draw, extents, {
      ...{ dilates: true, padsExplicitly: rank === 2, isChannelsFirst },
    });
    const [extras, options] = isFused ? fusedTail(draw, filters) : [[], {}];
    const inputs = [x, filterOf(draw, [...kernel, channels, filters]), ...extras];
    const format = isChannelsFirst && { data_format: 'NCHW' };
    return draw.graph.op(operator, inputs, { ...attributes, ...format, ...options });
  };
};

/** tfjs takes equal steps along both axes, channels last, and reads no slope of a leaky ReLU. */
const depthwise = (isFused: boolean): Generate => {
  return (draw, operator) => {
    const { x, extents, channels } = image(draw, 2);
    const multiplier = draw.from(1, 3);
    const limits = { dilates: true, isSquare: true, padsExplicitly: true };
    const { kernel, attributes } = windowOf(draw, extents, limits);
    const [extras, options] = isFused ? fusedTail(draw, channels * multiplier, { isLeaky: false }) : [[], {}];
    const inputs = [x, filterOf(draw, [...kernel, channels, multiplier]), ...extras];
    return draw.graph.op(operator, inputs, { ...attributes, ...options });
  };
};

/** tfjs has channels last alone. On unknown extents no window is shorter than its steps. */
const pooling = (rank: 2 | 3): Generate => {
  return (draw, operator) => {
    const isOpen = draw.chance(0.3);
    const { x, extents } = image(draw, rank, { isOpen });
    const { kernel, attributes } = windowOf(draw, extents, { isShort: !isOpen });
    return draw.graph.op(operator, [x], { ksize: [1, ...kernel, 1], ...attributes });
  };
};

export const windows: Readonly<Record<string, Generate>> = {
  Conv2D: convolution(2),
  _FusedConv2D: convolution(2, true),
  Conv3D: convolution(3),
  ...under(['DepthwiseConv2d', 'DepthwiseConv2dNative'], depthwise(false)),
  ...under(['FusedDepthwiseConv2dNative', '_FusedDepthwiseConv2dNative'], depthwise(true)),
  ...under(['MaxPool', 'AvgPool'], pooling(2)),
  ...under(['MaxPool3D', 'AvgPool3D'], pooling(3)),
};
