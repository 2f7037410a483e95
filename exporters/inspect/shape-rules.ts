/** The shapes of operators' results: https://onnx.ai/onnx/operators. Where an operator changed, all versions. */
import { controlFlowRules } from './control-flow-rules.ts';
import {
  axisOf,
  broadcast,
  knownSize,
  type NodeCall,
  type Shape,
  type ShapeRule,
  shaped,
  unknown,
} from './node-call.ts';
import { valueRules } from './value-rules.ts';
import { windowRules } from './window-rules.ts';

const same = shaped((call) => call.shape(0));
const elementwise = shaped((call) => broadcast(call.inputs.map((_, i) => call.shape(i))));

/** As the first input, in every result that is asked for: dropout's mask, too. */
const sameForAll: ShapeRule = (call) =>
  Array.from({ length: call.outputCount }, () => ({ shape: call.shape(0) }));

/** Beside the result, the mean and the inverse deviation, over the axes from `axis` on. */
const layerNormalization: ShapeRule = (call) => {
  const shape = call.shape(0);
  const axis = axisOf(call.integer('axis', -1), shape.length);
  const statistics = { shape: shape.map((extent, i) => (i < axis ? extent : 1)) };
  return [{ shape }, statistics, statistics];
};

const reduction = shaped((call) => {
  const shape = call.shape(0);
  const given = call.argument('axes', 1);
  if (!given?.length && call.integer('noop_with_empty_axes', 0)) return shape;
  const axes = new Set((given?.length ? given : [...shape.keys()]).map((axis) => axisOf(axis, shape.length)));
  return withoutAxes(shape, axes, call.integer('keepdims', 1) === 1);
});

const arg = shaped((call) => {
  const shape = call.shape(0);
  return withoutAxes(
    shape,
    new Set([axisOf(call.integer('axis', 0), shape.length)]),
    call.integer('keepdims', 1) === 1,
  );
});

function withoutAxes(shape: Shape, axes: ReadonlySet<number>, keep: boolean): Shape {
  if (keep) return shape.map((extent, axis) => (axes.has(axis) ? 1 : extent));
  return shape.filter((_, axis) => !axes.has(axis));
}

const flatten = shaped((call) => {
  const shape = call.shape(0);
  const axis = axisOf(call.integer('axis', 1), shape.length);
  return [product(shape.slice(0, axis)), product(shape.slice(axis))];
});

function product(shape: Shape): number | null {
  return shape.includes(null) ? null : knownSize(shape);
}

const split: ShapeRule = (call) => {
  const shape = call.shape(0);
  const axis = axisOf(call.integer('axis', 0), shape.length);
  const sizes = call.argument('split', 1);
  const count = call.outputCount;
  return Array.from({ length: count }, (_, i) => {
    const whole = shape[axis] ?? (sizes ? 0 : unknown());
    const chunk = Math.ceil(whole / count);
    const extent = sizes ? sizes[i] : Math.min(chunk, whole - i * chunk);
    return { shape: shape.map((other, at) => (at === axis ? extent : other)) };
  });
};

const pad = shaped((call) => {
  const shape = call.shape(0);
  const pads = call.argument('pads', 1) ?? unknown();
  const axes = (call.has(3) ? call.numbers(3) : [...shape.keys()]).map((axis) => axisOf(axis, shape.length));
  return shape.map((extent, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 || extent === null ? extent : extent + pads[at] + pads[at + axes.length];
  });
});

const resize = shaped((call) => {
  const shape = call.shape(0);
  const isOld = call.operator === 'Upsample' || call.opset < 11;
  const scales = isOld
    ? (floats(call, 'scales') ?? call.numbers(1))
    : call.has(2) && call.shape(2)[0] !== 0
      ? call.numbers(2)
      : undefined;
  const targets = scales ?? call.values(3);
  const axes = (call.integers('axes') ?? [...shape.keys()]).map((axis) => axisOf(axis, shape.length));
  if (targets.length !== axes.length) unknown();
  // "not_larger" and "not_smaller" keep the aspect: the extents are then not those that are asked for.
  if (!scales && call.text('keep_aspect_ratio_policy', 'stretch') !== 'stretch') unknown();
  return shape.map((extent, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return extent;
    const target = targets[at];
    if (!scales) return target;
    return extent === null || target === null ? null : Math.floor(extent * target);
  });
});

function floats(call: NodeCall, name: string): readonly number[] | undefined {
  const value = call.attributes[name];
  return typeof value === 'object' && 'floats' in value ? value.floats : undefined;
}

const gatherElements = shaped((call) => call.shape(1));

const gatherNd = shaped((call) => {
  const [data, indices] = [call.shape(0), call.shape(1)];
  const batch = call.integer('batch_dims', 0);
  return [...indices.slice(0, -1), ...data.slice(batch + (indices.at(-1) ?? unknown()))];
});

const gridSample = shaped((call) => [...call.shape(0).slice(0, 2), ...call.shape(1).slice(1, -1)]);

const tile = shaped((call) => {
  const repeats = call.values(1);
  return call.shape(0).map((extent, i) => {
    const times = repeats[i];
    return extent === null || times === null ? null : extent * times;
  });
});

const depthToSpace = shaped((call) => {
  const [batch, channels, height, width] = call.shape(0).map((extent) => extent ?? unknown());
  const block = call.integer('blocksize', 1);
  return [batch, channels / block ** 2, height * block, width * block];
});

const spaceToDepth = shaped((call) => {
  const [batch, channels, height, width] = call.shape(0).map((extent) => extent ?? unknown());
  const block = call.integer('blocksize', 1);
  return [batch, channels * block ** 2, height / block, width / block];
});

const oneHot = shaped((call) => {
  const shape = [...call.shape(0)];
  const [depth] = call.values(1);
  shape.splice(axisOf(call.integer('axis', -1), shape.length + 1), 0, depth);
  return shape;
});

const topK: ShapeRule = (call) => {
  const shape = call.shape(0);
  const axis = axisOf(call.integer('axis', -1), shape.length);
  const [k] = call.argument('k', 1) ?? [call.integer('k', 1)];
  const facts = { shape: shape.map((extent, i) => (i === axis ? k : extent)) };
  return [facts, facts];
};

/** Of matrices, with vectors as matrices of one row or column and leading axes stretched to each other. */
function matMulShape(left: Shape, right: Shape): Shape {
  const [a, b] = [left.length === 1 ? [1, ...left] : left, right.length === 1 ? [...right, 1] : right];
  const shape = [...broadcast([a.slice(0, -2), b.slice(0, -2)])];
  if (left.length > 1) shape.push(a[a.length - 2]);
  if (right.length > 1) shape.push(b[b.length - 1]);
  return shape;
}

const gemm = shaped((call) => {
  const [a, b] = [call.shape(0), call.shape(1)];
  return [a[call.integer('transA', 0) ? 1 : 0], b[call.integer('transB', 0) ? 0 : 1]];
});

const einsum = shaped((call) => {
  const [terms, result] = call.text('equation', '').replace(/\s/g, '').split('->');
  if (result === undefined || terms.includes('.')) unknown();
  const extents = new Map<string, number | null>();
  terms.split(',').forEach((term, input) => {
    [...term].forEach((letter, axis) => {
      extents.set(letter, call.shape(input)[axis]);
    });
  });
  return [...result].map((letter) => extents.get(letter) ?? null);
});

/** Of sequences [T, N, I]: all steps' results [T, directions, N, H], then the last state or states [directions, N, H]. */
const recurrent: ShapeRule = (call) => {
  const input = call.shape(0);
  const [directions, , hidden] = call.shape(2);
  const inTime = call.integer('layout', 0) === 1;
  const [steps, batch] = inTime ? [input[1], input[0]] : input;
  const sequence = inTime ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
  const state = { shape: inTime ? [batch, directions, hidden] : [directions, batch, hidden] };
  return [{ shape: sequence }, state, state];
};

const rulesOf = (rule: ShapeRule, operators: string): Record<string, ShapeRule> =>
  Object.fromEntries(operators.split(' ').map((operator) => [operator, rule]));

/** What is known of every operator's results. Operators that are not here have shapes only where the file states them. */
export const shapeRules: Readonly<Record<string, ShapeRule | undefined>> = {
  ...rulesOf(
    same,
    'Abs Acos Acosh Asin Asinh Atan Atanh BatchNormalization BitwiseNot Celu Clip Cos Cosh CumSum ' +
      'DequantizeLinear Elu Erf Exp Gelu GroupNormalization InstanceNormalization RMSNormalization ' +
      'HardSigmoid HardSwish Hardmax IsInf IsNaN LeakyRelu Log LogSoftmax LpNormalization LRN Mish PRelu ' +
      'MeanVarianceNormalization QuantizeLinear Reciprocal Relu ReverseSequence Round ScatterElements ScatterND Scatter Selu Shrink ' +
      'Sigmoid Sign Sin Sinh Softmax Softplus Softsign Swish Tan Tanh ThresholdedRelu Trilu',
  ),
  ...rulesOf(
    elementwise,
    'And BitShift BitwiseAnd BitwiseOr BitwiseXor Greater GreaterOrEqual Less LessOrEqual Mean Or Pow Sum Xor',
  ),
  ...rulesOf(
    reduction,
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
  ),
  LayerNormalization: layerNormalization,
  ...rulesOf(arg, 'ArgMax ArgMin'),
  ...rulesOf(recurrent, 'LSTM GRU RNN'),
  ...rulesOf(resize, 'Resize Upsample'),
  ...rulesOf(
    shaped((call) => matMulShape(call.shape(0), call.shape(1))),
    'MatMul MatMulInteger',
  ),
  QLinearMatMul: shaped((call) => matMulShape(call.shape(0), call.shape(3))),
  Dropout: sameForAll,
  DynamicQuantizeLinear: (call) => [{ shape: call.shape(0) }, { shape: [] }, { shape: [] }],
  Flatten: flatten,
  Split: split,
  Pad: pad,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  GridSample: gridSample,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  OneHot: oneHot,
  TopK: topK,
  Gemm: gemm,
  Einsum: einsum,
  ...windowRules,
  ...controlFlowRules,
  ...valueRules,
};
