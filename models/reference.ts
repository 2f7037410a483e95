import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Normalization } from '../src/core/normalization.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { tf } from './tf.ts';

/** A model of one input, LayersModel or GraphModel. */
export interface FramesModel {
  predict(frames: TfTensor): TfTensor | TfTensor[] | Promise<TfTensor[]>;
}

/**
 * What tfjs itself answers for uint8 RGB frames [N, …, 3], on the active backend: the values that an exported graph
 * has to reproduce. Samples go through one at a time, so that a full-size model needs the memory of one.
 *
 * @param outputs a name for each of the model's outputs, in order
 * @returns a function of frames, and of a change to the normalised values that the model is given
 */
export function tfjsReference(
  model: FramesModel,
  outputs: readonly string[],
  { mean, std }: Normalization,
): (frames: Tensor, nudge?: (values: Float32Array) => Float32Array) => Promise<Record<string, Tensor>> {
  return async (frames, nudge = (values) => values) => {
    const [samples, ...shape] = frames.shape;
    const parts: Float32Array[][] = outputs.map(() => []);
    let shapes: number[][] = [];
    for (let sample = 0; sample < samples; sample++) {
      const bytes = frames.data.subarray(sample * sizeOf(shape), (sample + 1) * sizeOf(shape));
      const values = Float32Array.from(bytes, (value, i) => (value / 255 - mean[i % 3]) / std[i % 3]);
      const input = tf.tensor(nudge(values), [1, ...shape]);
      let results: TfTensor[] = [];
      try {
        results = [await model.predict(input)].flat();
        shapes = results.map((result) => result.shape.slice(1));
        for (const [i, result] of results.entries()) parts[i].push((await result.data()) as Float32Array);
      } finally {
        for (const each of [input, ...results]) each.dispose();
      }
    }
    return Object.fromEntries(
      outputs.map((name, i) => [name, tensor(concatenate(parts[i]), [samples, ...shapes[i]])]),
    );
  };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
