import type { Attribute, Value, ValueShape } from '../../../src/onnx/converter.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';

/** How a convolution that is turned around moves along height and width. */
interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly padding: 'SAME' | 'VALID' | 'EXPLICIT';
  /** Of EXPLICIT. */
  readonly begins: readonly number[];
  readonly ends: readonly number[];
}

/**
 * The gradient of a convolution towards its input, which models use to make images larger. The filter
 * [h, w, out, in] becomes [in, out, h, w]. What it is to give comes as a shape, of which ONNX has to be told as
 * padding; where a height or width is known only at run time, all of it is computed and the border cut off.
 */
const convTranspose: ConvertOp = ([outputShape, filter, given], op) => {
  op.requireRank(given, 4);
  op.requireRank(filter, 4);
  const geometry = geometryOf(filter, op);
  const [, , outChannels, inChannels] = filter.shape as number[];
  if (given.shape[3] !== null && given.shape[3] !== inChannels) {
    throw op.unsupported(`a filter for ${inChannels} channels on an input of ${given.shape[3]}`);
  }
  if (outputShape.shape.length !== 1 || outputShape.shape[0] !== 4) {
    throw op.unsupported('the shape of a result that has no four axes');
  }
  const [batch, height, width, channels] = op.elementsOf(outputShape) ?? [null, null, null, null];
  if (channels !== null && channels !== outChannels) {
    throw op.unsupported(`${channels} channels from a filter for ${outChannels}`);
  }
  const shape = [given.shape[0] ?? batch, height, width, outChannels];
  const x = op.channelsFirst(given);
  const kernel = op.arranged(filter, [3, 2, 0, 1]);
  const extents = given.shape.slice(1, 3);
  const wanted = [height, width];
  const convolved = (attributes: Record<string, Attribute>, result: ValueShape) =>
    op.node('ConvTranspose', [x, kernel], {
      attributes: { kernel_shape: geometry.kernel, strides: geometry.strides, ...attributes },
      ...{ shape: result, layout: 'channels-first' },
    });
  if (extents.includes(null) || wanted.includes(null)) {
    const most = geometry.kernel.map((size, axis) => {
      const stride = geometry.strides[axis];
      return geometry.padding === 'SAME' ? Math.max(stride - size, 0) : stride - 1;
    });
    const whole = convolved({ output_padding: most }, [shape[0], null, null, outChannels]);
    return cut(whole, x, outputShape, geometry, shape, op);
  }
  return convolved(padsFor(extents as number[], wanted as number[], geometry, op), shape);
};

function geometryOf(filter: Value, op: GraphOp): Geometry {
  const { attributes } = op;
  const format = attributes.text('data_format', 'NHWC');
  if (format !== 'NHWC') throw op.unsupported(`data_format ${format}, which tfjs ignores in this operator`);
  const dilations = attributes.integers('dilations', [1, 1, 1, 1]);
  if (dilations.some((rate) => rate !== 1)) {
    throw op.unsupported(`dilations [${dilations}], which tfjs ignores in this operator`);
  }
  const steps = attributes.integers('strides');
  const strides = steps.slice(1, 3);
  if (steps.length !== 4 || !strides.every((step) => step > 0 && step < 2 ** 16)) {
    throw op.unsupported(`strides [${steps}]`);
  }
  if (!filter.shape.every((extent) => extent !== null && extent > 0)) {
    throw op.unsupported(`a filter of shape [${filter.shape.map((extent) => extent ?? '?')}]`);
  }
  const padding = attributes.text('padding').toUpperCase();
  if (padding !== 'SAME' && padding !== 'VALID' && padding !== 'EXPLICIT') {
    throw op.unsupported(`padding ${padding}`);
  }
  const pads = padding === 'EXPLICIT' ? attributes.integers('explicit_paddings') : Array<number>(8).fill(0);
  const isSane = pads.every((pad, i) => pad >= 0 && pad < 2 ** 16 && ((i > 1 && i < 6) || pad === 0));
  if (pads.length !== 8 || !isSane) throw op.unsupported(`explicit_paddings [${pads}]`);
  const kernel = filter.shape.slice(0, 2) as number[];
  return { kernel, strides, padding, begins: [pads[2], pads[4]], ends: [pads[3], pads[5]] };
}

/** What ONNX is to cut off and to add, for extents that are known. */
function padsFor(
  extents: readonly number[],
  wanted: readonly number[],
  { kernel, strides, padding, begins, ends }: Geometry,
  op: GraphOp,
): Record<string, Attribute> {
  const axes = extents.map((extent, axis) => {
    const [size, stride, out] = [kernel[axis], strides[axis], wanted[axis]];
    const around = out + begins[axis] + ends[axis];
    const convolved = padding === 'SAME' ? Math.ceil(out / stride) : Math.floor((around - size) / stride) + 1;
    if (!(out > 0) || convolved !== extent) {
      throw op.unsupported(`an extent of ${out} from one of ${extent}, in steps of ${stride}`);
    }
    const whole = (extent - 1) * stride + size;
    const begin = padding === 'SAME' ? Math.floor(Math.max(whole - out, 0) / 2) : begins[axis];
    const end = whole - begin - out;
    return { begin, end: Math.max(end, 0), more: Math.max(-end, 0) };
  });
  return {
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    output_padding: axes.map(({ more }) => more),
  };
}

/** Of the whole, stored channels-first, what padding leaves. */
function cut(
  whole: Value,
  x: Value,
  outputShape: Value,
  { kernel, strides, padding, begins }: Geometry,
  shape: ValueShape,
  op: GraphOp,
): Value {
  const int64 = { dtype: 'int64', shape: [2], layout: 'tfjs' } as const;
  const wanted = op.node('Slice', [op.int64(outputShape), op.constant([1]), op.constant([3])], int64);
  let from = op.constant(begins);
  if (padding === 'SAME') {
    const extents = op.node('Shape', [x], { attributes: { start: 2, end: 4 }, ...int64 });
    const steps = op.node('Mul', [op.node('Sub', [extents, op.constant([1])]), op.constant(strides)]);
    const over = op.node('Sub', [op.node('Add', [steps, op.constant(kernel)]), wanted]);
    from = op.node('Div', [op.node('Max', [over, op.constant([0])]), op.constant([2])]);
  }
  const to = op.node('Add', [from, wanted], int64);
  return op.node('Slice', [whole, from, to, op.constant([2, 3])], { shape });
}

export const transposedConvolution = defineGraphConverter('Conv2DBackpropInput', 3, convTranspose);
