import { float, type Value } from '../../../src/onnx/converter.ts';
import { activate } from '../../onnx/ops/activation.ts';
import type { GraphOp } from '../op.ts';
import { aligned } from './align.ts';

/** What a fused operator does after its product, by the attribute `fused_ops`. */
export interface FusedTail {
  readonly bias: Value | undefined;
  /** The activation, if any. */
  apply(y: Value): Value;
}

/**
 * @param extras the operator's inputs after the two of its product: bias, then the slopes of a PReLU
 * @param isChannelsFirst whether the product, not its layout, has the channels second: one slope each goes along them
 */
export function fusedTail(extras: readonly Value[], op: GraphOp, isChannelsFirst = false): FusedTail {
  // In place of a bias that is not there.
  const fused = op.attributes.texts('fused_ops', []).filter((name) => name !== 'NoOp');
  const hasBias = fused[0] === 'BiasAdd';
  const [activation, ...others] = hasBias ? fused.slice(1) : fused;
  const [bias, slopes] = hasBias ? extras : [undefined, extras[0]];
  if (others.length > 0 || (hasBias && !bias)) throw op.unsupported(`fused_ops [${fused}]`);
  const isVector = slopes?.shape.length === 1 && slopes.shape[0] !== null;
  const alongChannels =
    slopes && isChannelsFirst && isVector ? op.arranged(slopes, [0], [slopes.shape[0]!, 1, 1]) : slopes;
  return {
    bias,
    apply: (y) => (activation === undefined ? y : applyActivation(y, activation, alongChannels, op)),
  };
}

const simple: Readonly<Record<string, string>> = {
  ...{ Relu: 'relu', Relu6: 'relu6', Elu: 'elu', Sigmoid: 'sigmoid', Tanh: 'tanh' },
};

function applyActivation(y: Value, activation: string, slopes: Value | undefined, op: GraphOp): Value {
  if (Object.hasOwn(simple, activation)) return activate(y, simple[activation], op);
  if (activation === 'LeakyRelu') {
    return op.node('LeakyRelu', [y], {
      attributes: { alpha: float(op.attributes.number('leakyrelu_alpha', 0.2)) },
    });
  }
  if (activation === 'Prelu' && slopes) return prelu(y, slopes, op);
  throw op.unsupported(`the fused operator ${activation}`);
}

/** y where it is positive, y times its slope elsewhere. */
export function prelu(y: Value, slopes: Value, op: GraphOp): Value {
  return op.node('PRelu', aligned([y, slopes], op));
}
