import type { Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { tf } from '../tf.ts';

/** A weight by a name that does not depend on what else was built before: "layer1.0.conv1/kernel". */
export interface NamedWeight {
  readonly name: string;
  readonly trainable: boolean;
  readonly variable: Variable;
}

export function namedWeights(model: LayersModel): NamedWeight[] {
  return model.layers.flatMap((layer) => {
    const trainable = new Set(layer.trainableWeights);
    return layer.weights.map((weight) => ({
      name: `${layer.name}/${weight.originalName.split('/').at(-1)}`,
      trainable: trainable.has(weight),
      // tfjs-layers keeps the variable to itself, and gradients are taken by variable.
      variable: (weight as unknown as { val: Variable }).val,
    }));
  });
}

/** A copy of all weights. */
export function readWeights(model: LayersModel): Record<string, Tensor> {
  return Object.fromEntries(
    namedWeights(model).map(({ name, variable }) => [
      name,
      tensor(variable.dataSync().slice() as Float32Array, variable.shape),
    ]),
  );
}

/**
 * Sets all weights.
 * @throws UserError naming `source` and the first weight that is missing, left over or of another shape
 */
export function assignWeights(
  model: LayersModel,
  weights: Readonly<Record<string, Tensor>>,
  source: string,
): void {
  const named = namedWeights(model);
  const left = new Set(Object.keys(weights));
  const misfit = (received: string) =>
    new UserError(`the weights in ${source} do not fit the model`, {
      received,
      remedy: 'use the configuration they were trained with',
    });
  for (const { name, variable } of named) {
    const stored = weights[name];
    if (!left.delete(name)) throw misfit(`none for ${name}`);
    if (`${stored.shape}` !== `${variable.shape}` || stored.data.length !== sizeOf(variable.shape)) {
      throw misfit(`${name} of shape [${stored.shape}] where [${variable.shape}] is due`);
    }
  }
  if (left.size > 0) throw misfit(`${[...left][0]}, which the model does not have`);
  for (const { name, variable } of named) {
    tf.tidy(() => variable.assign(tf.tensor(weights[name].data as Float32Array, variable.shape)));
  }
}
