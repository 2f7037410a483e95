import {
  findLayerWeight,
  layerWeight,
  reshapeWeights,
  transposeWeights,
  type Weights,
} from '../../../src/core/weights.ts';
import type { GraphBuilder, Layer } from '../../../src/onnx/converter.ts';

/** A cell of tfjs, and the ONNX operator that runs it over a sequence. */
interface CellKind {
  readonly operator: 'RNN' | 'GRU' | 'LSTM';
  /** Where each of ONNX's gates is in tfjs's weights. */
  readonly gates: readonly number[];
  readonly states: 1 | 2;
}

const kinds: Readonly<Record<string, CellKind>> = {
  SimpleRNNCell: { operator: 'RNN', gates: [0], states: 1 },
  GRUCell: { operator: 'GRU', gates: [0, 1, 2], states: 1 },
  // tfjs: input, forget, candidate, output; ONNX: input, output, forget, candidate.
  LSTMCell: { operator: 'LSTM', gates: [0, 3, 1, 2], states: 2 },
};

/** A recurrent cell with its weights, read when they are written. */
export interface Cell extends CellKind {
  readonly units: number;
  /** tfjs's identifiers. */
  readonly activation: string;
  /** Of the gates. */
  readonly recurrentActivation: string;
  /** [F, gates · units], [units, gates · units] and [gates · units], gates in tfjs's order. */
  readonly kernel: Weights;
  readonly recurrentKernel: Weights;
  readonly bias: Weights | undefined;
}

/** The cells of a recurrent layer, from the input to the output. */
export function cellsOf(layer: Layer, graph: GraphBuilder): Cell[] {
  const { cell } = layer as Layer & { cell: Layer & { cells?: Layer[] } };
  return (cell.cells ?? [cell]).map((each) => {
    const kind = kinds[each.getClassName()];
    if (!kind) throw graph.unsupported(`a cell of class ${each.getClassName()}`);
    const config = each.getConfig() as { units: number; activation: string; recurrentActivation?: string };
    const { units, activation, recurrentActivation = 'linear' } = config;
    return {
      ...kind,
      ...{ units, activation, recurrentActivation },
      kernel: layerWeight(each, 'kernel'),
      recurrentKernel: layerWeight(each, 'recurrent_kernel'),
      bias: findLayerWeight(each, 'bias'),
    };
  });
}

/** A kernel [in, gates · units] as ONNX wants it: [1, gates · units, in] with its gates in ONNX's order. */
export function onnxKernel(kernel: Weights, { gates }: Cell): Weights {
  const [inputs, outputs] = kernel.shape;
  return reshapeWeights(reorderGates(transposeWeights(kernel, [1, 0]), gates), [1, outputs, inputs]);
}

/** A bias as ONNX wants it: that of the input, then zeros for that of the state, which tfjs does not have. */
export function onnxBias(bias: Weights, { gates }: Cell): Weights {
  const [size] = bias.shape;
  const ordered = reorderGates(bias, gates);
  return {
    shape: [1, 2 * size],
    data() {
      const data = new Float32Array(2 * size);
      data.set(ordered.data());
      return data;
    },
  };
}

/** Equal blocks of the first axis in another order. */
function reorderGates(weights: Weights, order: readonly number[]): Weights {
  if (order.every((from, to) => from === to)) return weights;
  return {
    shape: weights.shape,
    data() {
      const source = weights.data();
      const block = source.length / order.length;
      const data = new Float32Array(source.length);
      order.forEach((from, to) => {
        data.set(source.subarray(from * block, (from + 1) * block), to * block);
      });
      return data;
    },
  };
}

interface OnnxActivation {
  readonly name: string;
  readonly alpha?: number;
  readonly beta?: number;
}

/** What ONNX's recurrent operators can apply, by tfjs's identifiers. */
const onnxActivations: Readonly<Record<string, OnnxActivation>> = {
  linear: { name: 'Affine', alpha: 1, beta: 0 },
  relu: { name: 'Relu' },
  tanh: { name: 'Tanh' },
  sigmoid: { name: 'Sigmoid' },
  hardSigmoid: { name: 'HardSigmoid', alpha: 0.2, beta: 0.5 },
  elu: { name: 'Elu', alpha: 1 },
  softsign: { name: 'Softsign' },
  softplus: { name: 'Softplus' },
};

/** The attributes that say what the gates apply; undefined where one applies what ONNX's operators cannot. */
export function activationAttributes(cell: Cell) {
  const { operator, activation, recurrentActivation } = cell;
  const identifiers = {
    RNN: [activation],
    GRU: [recurrentActivation, activation],
    LSTM: [recurrentActivation, activation, activation],
  }[operator];
  const found = identifiers.map((identifier) => onnxActivations[identifier]);
  if (found.includes(undefined as never)) return undefined;
  const [alphas, betas] = [
    found.flatMap(({ alpha }) => alpha ?? []),
    found.flatMap(({ beta }) => beta ?? []),
  ];
  return {
    activations: { strings: found.map(({ name }) => name) },
    ...(alphas.length > 0 && { activation_alpha: { floats: alphas } }),
    ...(betas.length > 0 && { activation_beta: { floats: betas } }),
  };
}
