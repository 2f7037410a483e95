/** A tfjs model and its graph on the same seeded weights and inputs: for benches, and for the parity tests. */
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../models/tf.ts';
import { Rng } from '../src/core/rng.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';

export * from './values.ts';

/** Weights that depend on the seed alone; variances are positive, and nothing is left at zero or one. */
export function seedWeights(model: LayersModel, seed: string): void {
  model.weights.forEach((variable, index) => {
    const rng = new Rng(`${seed}/${index}`);
    const shape = variable.shape as number[];
    const isVariance = variable.originalName.endsWith('moving_variance');
    const bound = Math.sqrt(6 / Math.max(2, sizeOf(shape) / (shape.at(-1) ?? 1)));
    const [low, high] = isVariance ? [0.5, 1.5] : shape.length === 1 ? [0.2, 1.2] : [-bound, bound];
    variable.write(
      tf.tensor(
        Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(low, high)),
        shape,
      ),
    );
  });
}

/** The outputs of `model.predict`, in order. */
export function predict(model: LayersModel, inputs: readonly Tensor[]): Tensor[] {
  const given = inputs.map(({ data, shape }) => tf.tensor(data, [...shape]));
  const outputs = model.predict(given.length === 1 ? given[0] : given) as TfTensor | TfTensor[];
  return [outputs]
    .flat()
    .map((output) => tensor(output.dataSync() as Float32Array | Int32Array, output.shape));
}
