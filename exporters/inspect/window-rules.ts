import { type NodeCall, type Shape, type ShapeRule, unknown } from './node-call.ts';

/** How windows lie along the spatial axes. */
interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begins, then ends. */
  readonly pads: readonly number[];
  readonly autoPad: string;
}

function windows(call: NodeCall, kernel: readonly number[]): Windows {
  const each = (value: number) => kernel.map(() => value);
  return {
    kernel,
    strides: call.integers('strides') ?? each(1),
    dilations: call.integers('dilations') ?? each(1),
    pads: call.integers('pads') ?? [...each(0), ...each(0)],
    autoPad: call.text('auto_pad', 'NOTSET'),
  };
}

/** How many windows there are along each spatial axis. */
function windowCounts(
  spatial: Shape,
  { kernel, strides, dilations, pads, autoPad }: Windows,
  ceil = false,
): Shape {
  return spatial.map((extent, axis) => {
    if (extent === null) return null;
    const stride = strides[axis];
    if (autoPad.startsWith('SAME')) return Math.ceil(extent / stride);
    const [before, after] = autoPad === 'VALID' ? [0, 0] : [pads[axis], pads[axis + kernel.length]];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    const steps = (extent + before + after - reach) / stride;
    const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window must not begin in the padding behind the end.
    return ceil && (count - 1) * stride >= extent + before ? count - 1 : count;
  });
}

const convolution =
  (kernelInput: number): ShapeRule =>
  (call) => {
    const [batch, , ...spatial] = call.shape(0);
    const [filters, , ...taps] = call.shape(kernelInput);
    const kernel = call.integers('kernel_shape') ?? taps.map((extent) => extent ?? unknown());
    return [{ shape: [batch, filters, ...windowCounts(spatial, windows(call, kernel))] }];
  };

const transposedConvolution: ShapeRule = (call) => {
  const [batch, , ...spatial] = call.shape(0);
  const [, filters, ...taps] = call.shape(1);
  const kernel = call.integers('kernel_shape') ?? taps.map((extent) => extent ?? unknown());
  const { strides, dilations, pads, autoPad } = windows(call, kernel);
  const extra = call.integers('output_padding') ?? kernel.map(() => 0);
  const asked = call.integers('output_shape')?.slice(-kernel.length);
  const extents = spatial.map((extent, axis) => {
    if (asked) return asked[axis];
    if (extent === null) return null;
    if (autoPad.startsWith('SAME')) return extent * strides[axis];
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return strides[axis] * (extent - 1) + extra[axis] + reach - pads[axis] - pads[axis + kernel.length];
  });
  return [{ shape: [batch, filters === null ? null : filters * call.integer('group', 1), ...extents] }];
};

const pooling: ShapeRule = (call) => {
  const [batch, channels, ...spatial] = call.shape(0);
  const kernel = call.integers('kernel_shape') ?? unknown();
  const counts = windowCounts(spatial, windows(call, kernel), call.integer('ceil_mode', 0) === 1);
  const facts = { shape: [batch, channels, ...counts] };
  return [facts, facts];
};

const globalPooling: ShapeRule = (call) => {
  const [batch, channels, ...spatial] = call.shape(0);
  return [{ shape: [batch, channels, ...spatial.map(() => 1)] }];
};

/** Operators that move a window over the axes behind the channels. */
export const windowRules: Readonly<Record<string, ShapeRule>> = {
  Conv: convolution(1),
  'com.microsoft:FusedConv': convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposedConvolution,
  MaxPool: pooling,
  AveragePool: pooling,
  LpPool: pooling,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  GlobalLpPool: globalPooling,
};
