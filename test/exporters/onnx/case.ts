/** Small models that parity tests are made of. */
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Tensor } from '../../../src/core/tensor.ts';
import { randomTensor, randomTokens, tf } from './parity.ts';

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

interface StackOptions {
  /** Of the model's input, where it is not that of what it is fed with. */
  readonly declared?: (number | null)[];
  readonly tokens?: number;
}

/** Layers one after another on one input. */
export function stack(
  name: string,
  input: readonly number[],
  layers: (() => Layer)[],
  { declared = input.slice(1), tokens }: StackOptions = {},
): LayerCase {
  return {
    ...{ name, tokens, inputs: [input] },
    build() {
      const dtype = tokens === undefined ? 'float32' : 'int32';
      const x = tf.input({ shape: declared, name: 'x', dtype });
      const y = layers.reduce<SymbolicTensor>((value, make) => make().apply(value) as SymbolicTensor, x);
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
): LayerCase {
  return {
    ...{ name, inputs, tokens },
    build() {
      const dtype = tokens === undefined ? 'float32' : 'int32';
      const xs = inputs.map((shape, i) => tf.input({ shape: shape.slice(1), name: `x${i}`, dtype }));
      return tf.model({ inputs: xs, outputs: build(...xs), name: 'case' });
    },
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
