/** Small models that parity tests are made of. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Tensor } from '../../../src/core/tensor.ts';
import { randomTensor, randomTokens, tf } from './parity.ts';

/** Every activation of tfjs-layers 4.22. */
export const activations = [
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'hardSigmoid', 'softplus', 'softsign'],
  ...['tanh', 'softmax', 'logSoftmax', 'gelu', 'gelu_new', 'mish', 'swish'],
];

/** A small model, and the shapes to feed it with. */
export interface LayerCase {
  readonly name: string;
  readonly build: () => LayersModel;
  readonly inputs: readonly (readonly number[])[];
  /** The inputs are whole numbers below this. */
  readonly tokens?: number;
  /** An equivalent model that tfjs computes rightly, where it does not the one above. */
  readonly reference?: () => LayersModel;
}

type Layer = layers.Layer;

/** The shape of an input, null where only what it is fed with tells. */
export type Declared = (number | null)[];

interface StackOptions {
  /** Of the model's input, where it is not that of what it is fed with. */
  readonly declared?: Declared;
  readonly tokens?: number;
}

/** Layers one after another on one input; each may be made for what it is applied to. */
export function stack(
  name: string,
  input: readonly number[],
  layers: ((x: SymbolicTensor) => Layer)[],
  { declared = input.slice(1), tokens }: StackOptions = {},
): LayerCase {
  return {
    ...{ name, tokens, inputs: [input] },
    build() {
      const dtype = tokens === undefined ? 'float32' : 'int32';
      const x = tf.input({ shape: declared, name: 'x', dtype });
      const y = layers.reduce<SymbolicTensor>((value, make) => make(value).apply(value) as SymbolicTensor, x);
      return tf.model({ inputs: x, outputs: y, name: 'case' });
    },
  };
}

/** Models of any shape. The layers are given a namespace, so that names do not depend on what ran before. */
export function graph(
  name: string,
  inputs: readonly (readonly number[])[],
  build: (...inputs: SymbolicTensor[]) => SymbolicTensor | SymbolicTensor[],
  tokens?: number,
  declared: readonly Declared[] = inputs.map((shape) => shape.slice(1)),
): LayerCase {
  return {
    ...{ name, inputs, tokens },
    build() {
      const dtype = tokens === undefined ? 'float32' : 'int32';
      const xs = declared.map((shape, i) => tf.input({ shape, name: `x${i}`, dtype }));
      return tf.model({ inputs: xs, outputs: build(...xs), name: 'case' });
    },
  };
}

/**
 * A layer of images that tfjs 4.22 computes on a tensor but not inside a model, where it hands the list of inputs on to
 * an operation that wants a tensor: the model's reference calls it on the tensor.
 */
export function calledOnTensor(
  name: string,
  image: readonly number[],
  make: () => Layer,
  options: StackOptions = {},
): LayerCase {
  // Some layers write into the shape of what they are applied to, which must not be the model's input.
  const before = () =>
    tf.layers.zeroPadding2d({
      name: 'pad',
      padding: [
        [0, 1],
        [0, 0],
      ],
    });
  class OnTensor extends tf.layers.Layer {
    static readonly className = 'OnTensor';
    readonly #layer = make();
    override computeOutputShape() {
      return [null, null, null, null];
    }
    override call(inputs: TfTensor[]) {
      return this.#layer.call(inputs[0], {});
    }
  }
  return {
    ...stack(name, image, [before, make], options),
    reference: stack('', image, [before, () => new OnTensor({ name: 'on_tensor' })], {
      tokens: options.tokens,
    }).build,
  };
}

/** What the model is fed with: the same for every run. */
export function caseInputs({ name, inputs, tokens }: LayerCase): Tensor[] {
  return inputs.map((shape, i) =>
    tokens === undefined ? randomTensor(shape, `${name}/${i}`) : randomTokens(shape, tokens, `${name}/${i}`),
  );
}

/** A configuration as a part of a case's name. */
export const describe = (config: object) => JSON.stringify(config).replaceAll('"', '');
