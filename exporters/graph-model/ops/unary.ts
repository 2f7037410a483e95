import { float, storedAxis, type Value } from '../../../src/onnx/converter.ts';
import { activate } from '../../onnx/ops/activation.ts';
import { type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { prelu } from './fused.ts';

function scalar(value: number, op: GraphOp): Value {
  return op.constant(Float32Array.of(value), []);
}

/** Operators that ONNX has under these names. */
const same: Readonly<Record<string, string>> = {
  ...{ Abs: 'Abs', Neg: 'Neg', Sign: 'Sign', Ceil: 'Ceil', Floor: 'Floor', Round: 'Round' },
  ...{ Exp: 'Exp', Log: 'Log', Sqrt: 'Sqrt', Reciprocal: 'Reciprocal', Erf: 'Erf' },
  ...{ Sin: 'Sin', Cos: 'Cos', Tan: 'Tan', Asin: 'Asin', Acos: 'Acos', Atan: 'Atan' },
  ...{ Sinh: 'Sinh', Cosh: 'Cosh', Tanh: 'Tanh', Asinh: 'Asinh', Acosh: 'Acosh', Atanh: 'Atanh' },
  ...{ LogicalNot: 'Not' },
};

/** Operators that are activations of layers as well. */
const activations: Readonly<Record<string, string>> = {
  ...{ Relu: 'relu', Relu6: 'relu6', Elu: 'elu', Selu: 'selu', Sigmoid: 'sigmoid', Softplus: 'softplus' },
};

const computed: Readonly<Record<string, (x: Value, op: GraphOp) => Value>> = {
  Square: (x, op) => op.node('Mul', [x, x]),
  Rsqrt: (x, op) => op.node('Reciprocal', [op.node('Sqrt', [x])]),
  Expm1: (x, op) => op.node('Sub', [op.node('Exp', [x]), scalar(1, op)]),
  Log1p: (x, op) => op.node('Log', [op.node('Add', [x, scalar(1, op)])]),
  LeakyRelu: (x, op) =>
    op.node('LeakyRelu', [x], { attributes: { alpha: float(op.attributes.number('alpha', 0.2)) } }),
  Softmax: (x, op) => op.node('Softmax', [x], { attributes: { axis: lastAxis(x, op) } }),
  LogSoftmax: (x, op) => op.node('LogSoftmax', [x], { attributes: { axis: lastAxis(x, op) } }),
  IsNan: (x, op) => op.node('IsNaN', [x], { dtype: 'bool' }),
  IsFinite: (x, op) => {
    const [isNone, isInfinite] = ['IsNaN', 'IsInf'].map((name) => op.node(name, [x], { dtype: 'bool' }));
    return op.node('Not', [op.node('Or', [isNone, isInfinite])]);
  },
  IsInf: (x, op) => op.node('IsInf', [x], { dtype: 'bool' }),
};

function lastAxis(x: Value, op: GraphOp): number {
  if (x.shape.length === 0) throw op.unsupported('a scalar');
  return storedAxis(x, -1);
}

/** Types that an operator computes in as it is; others are computed as float32, and integers stay integers. */
function typed(compute: (x: Value, op: GraphOp) => Value, ...types: Value['dtype'][]): ConvertOp {
  return ([x], op) => {
    if (types.includes(x.dtype)) return compute(x, op);
    const y = compute(op.cast(x, 'float32'), op);
    return y.dtype === 'float32' ? op.cast(y, x.dtype === 'int32' ? 'int32' : 'float32') : y;
  };
}

const integral = new Set(['Abs', 'Neg', 'Sign', 'Square', 'Relu']);

function elementwise(operator: string, compute: (x: Value, op: GraphOp) => Value) {
  const types: Value['dtype'][] = operator === 'LogicalNot' ? ['bool'] : ['float32'];
  if (integral.has(operator)) types.push('int32');
  return defineGraphConverter(operator, 1, typed(compute, ...types));
}

const prelus = defineGraphConverter('Prelu', 2, ([x, slopes], op) => prelu(x, slopes, op));

const clip = defineGraphConverter('ClipByValue', 3, ([x, low, high], op) =>
  op.node('Clip', [x, scalarOf(low, op), scalarOf(high, op)]),
);

/** ONNX wants bounds without axes. */
function scalarOf(value: Value, op: GraphOp): Value {
  if (value.shape.length === 0) return value;
  if (!value.shape.every((extent) => extent === 1)) throw op.unsupported('a bound for each element');
  return op.node('Reshape', [value, op.constant([], [0])], { shape: [] });
}

export const unaries = [
  ...Object.entries(same).map(([operator, name]) => elementwise(operator, (x, op) => op.node(name, [x]))),
  ...Object.entries(activations).map(([operator, identifier]) =>
    elementwise(operator, (x, op) => activate(x, identifier, op)),
  ),
  ...Object.entries(computed).map(([operator, compute]) => elementwise(operator, compute)),
  ...[prelus, clip],
];
