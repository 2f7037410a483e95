import {
  defineConverter,
  float,
  type NodeBuilder,
  storedAxis,
  type Value,
} from '../../../src/onnx/converter.ts';
import { asFloat, refuseIntegers } from './number-types.ts';

type Apply = (x: Value, graph: NodeBuilder) => Value;

/** An activation that is one ONNX operator. */
function operator(name: string, attributes = {}): Apply {
  return (x, graph) => graph.node(name, [x], { attributes });
}

function scalar(value: number, graph: NodeBuilder): Value {
  return graph.constant(Float32Array.of(value), []);
}

function softmaxAlong(name: 'Softmax' | 'LogSoftmax'): Apply {
  return (x, graph) => graph.node(name, [x], { attributes: { axis: storedAxis(x, -1) } });
}

/** x clamped to [0, high]. */
export function clipFromZero(x: Value, high: number, graph: NodeBuilder): Value {
  return graph.node('Clip', [x, scalar(0, graph), scalar(high, graph)]);
}

/** x · Φ(x) with the exact normal distribution function. */
function gelu(x: Value, graph: NodeBuilder): Value {
  const erf = graph.node('Erf', [graph.node('Mul', [x, scalar(Math.SQRT1_2, graph)])]);
  const half = graph.node('Mul', [x, scalar(0.5, graph)]);
  return graph.node('Mul', [half, graph.node('Add', [erf, scalar(1, graph)])]);
}

/** GELU with Φ approximated by a hyperbolic tangent. */
function geluNew(x: Value, graph: NodeBuilder): Value {
  const cube = graph.node('Mul', [graph.node('Mul', [x, x]), x]);
  const inner = graph.node('Add', [x, graph.node('Mul', [cube, scalar(0.044715, graph)])]);
  const tanh = graph.node('Tanh', [graph.node('Mul', [inner, scalar(Math.sqrt(2 / Math.PI), graph)])]);
  const half = graph.node('Mul', [x, scalar(0.5, graph)]);
  return graph.node('Mul', [half, graph.node('Add', [tanh, scalar(1, graph)])]);
}

/** Every activation of tfjs-layers 4.22 by its identifier. */
const activations: Readonly<Record<string, Apply>> = {
  linear: (x) => x,
  relu: operator('Relu'),
  relu6: (x, graph) => clipFromZero(x, 6, graph),
  elu: operator('Elu'),
  selu: operator('Selu'),
  sigmoid: operator('Sigmoid'),
  hardSigmoid: operator('HardSigmoid', { alpha: float(0.2), beta: float(0.5) }),
  softplus: operator('Softplus'),
  softsign: operator('Softsign'),
  tanh: operator('Tanh'),
  softmax: softmaxAlong('Softmax'),
  logSoftmax: softmaxAlong('LogSoftmax'),
  gelu,
  gelu_new: geluNew,
  // Opset 17 has no Mish.
  mish: (x, graph) => graph.node('Mul', [x, graph.node('Tanh', [graph.node('Softplus', [x])])]),
  swish: (x, graph) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
};

/** `x` through an activation named as a layer's configuration names it. */
export function activate(x: Value, identifier: unknown, graph: NodeBuilder): Value {
  const apply = activations[String(identifier ?? 'linear')];
  if (!apply) throw graph.unsupported(`activation ${JSON.stringify(identifier)}`);
  return apply(x, graph);
}

/** The same for what is stored with its channels second and is channels last to tfjs: a softmax is over the channels. */
export function activateChannels(x: Value, identifier: unknown, graph: NodeBuilder): Value {
  const [batch, channels, ...extents] = x.shape;
  const last = { ...x, shape: [batch, ...extents, channels], layout: 'channels-first' } as const;
  return { ...x, name: activate(last, identifier, graph).name };
}

export const activation = defineConverter('Activation', (layer, [x], graph) => {
  const identifier = layer.getConfig().activation;
  if (identifier === 'linear' || identifier === 'relu') return activate(x, identifier, graph);
  if (identifier === 'selu' || identifier === 'softplus') refuseIntegers(x, graph);
  return activate(asFloat(x, graph), identifier, graph);
});
