import { f } from '../graph-def.ts';
import { type Domain, type Generate, under } from './draw.ts';

const functions: Readonly<Record<Domain | 'anywhere', readonly string[]>> = {
  anywhere: [
    ...['Ceil', 'Floor', 'Round', 'Exp', 'Expm1', 'Erf', 'Sin', 'Cos', 'Atan', 'Sinh', 'Cosh', 'Tanh'],
    ...['Asinh', 'Relu6', 'Elu', 'Selu', 'Sigmoid', 'Softplus', 'Softmax', 'LogSoftmax'],
  ],
  positive: ['Log', 'Log1p', 'Sqrt', 'Rsqrt', 'Reciprocal'],
  small: ['Asin', 'Acos', 'Atanh', 'Tan'],
  large: ['Acosh'],
};

const unary = (domain?: Domain): Generate => {
  return (draw, operator) => draw.graph.op(operator, [draw.within(domain, draw.any())]);
};

/** Functions that keep whole numbers whole. */
const integral: Generate = (draw, operator) =>
  draw.graph.op(operator, [draw.any({ dtype: draw.pick(['float32', 'float32', 'int32']) })]);

const isInfinite: Generate = (draw, operator) => {
  const { graph } = draw;
  // Signs of small whole numbers over each other: 0 / 0 and ±1 / 0.
  const shape = draw.shape();
  const signs = [0, 1].map(() => graph.op('Sign', [graph.op('Round', [draw.value(shape)])]));
  return draw.numbers(graph.op(operator, [graph.op('RealDiv', signs)]));
};

const leakyRelu: Generate = (draw, operator) =>
  draw.graph.op(operator, [draw.any()], draw.chance(0.3) ? {} : { alpha: f(draw.rng.uniform(0, 0.5)) });

/** Slopes for each channel, for each element of a sample, or for some of them. */
const prelu: Generate = (draw, operator) => {
  const shape = draw.shape(draw.from(2, 5));
  const slopes = shape.slice(draw.from(1, shape.length - 1));
  const some = slopes.map((extent) => (draw.chance(0.3) ? 1 : extent));
  return draw.graph.op(operator, [draw.value(shape), draw.constant(some)]);
};

const clip: Generate = (draw, operator) => {
  const [low, high] = [draw.rng.uniform(-1.5, 0), draw.rng.uniform(0, 1.5)];
  return draw.graph.op(operator, [draw.any(), draw.graph.float(low), draw.graph.float(high)]);
};

const logicalNot: Generate = (draw, operator) =>
  draw.numbers(draw.graph.op(operator, [draw.any({ dtype: 'bool' })]));

export const pointwise: Readonly<Record<string, Generate>> = {
  ...under(functions.anywhere, unary()),
  ...under(functions.positive, unary('positive')),
  ...under(functions.small, unary('small')),
  ...under(functions.large, unary('large')),
  ...under(['Abs', 'Neg', 'Sign', 'Square', 'Relu'], integral),
  ...under(['IsNan', 'IsInf'], isInfinite),
  LeakyRelu: leakyRelu,
  Prelu: prelu,
  ClipByValue: clip,
  LogicalNot: logicalNot,
};
