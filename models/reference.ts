import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Normalization } from '../src/core/normalization.ts';
import { sizeOf, type Tensor, tensor } from '../src/core/tensor.ts';
import { tf } from './tf.ts';

/** A model, LayersModel or GraphModel. */
export interface PredictingModel {
  predict(inputs: TfTensor | TfTensor[]): TfTensor | TfTensor[] | Promise<TfTensor[]>;
}

/** An input of a model: its name in the graph, and how RGB levels become its values; null where they are its values. */
export interface ReferenceInput {
  readonly name: string;
  readonly normalization: Normalization | null;
}

/** Changes the values that a model is given. */
type Nudge = (values: Float32Array) => Float32Array;

/**
 * What tfjs itself answers, on the active backend: the values that an exported graph has to reproduce. Samples go through
 * one at a time, so that a full-size model needs the memory of one.
 *
 * @param outputs a name for each of the model's outputs, in order
 * @param inputs those of the graph, in the model's order; a normalisation alone stands for one input, `frames`
 * @returns a function of inputs by name, each [N, …], and of a change to the values that the model is given
 */
export function tfjsReference(
  model: PredictingModel,
  outputs: readonly string[],
  inputs: readonly ReferenceInput[] | Normalization,
): (given: Readonly<Record<string, Tensor>>, nudge?: Nudge) => Promise<Record<string, Tensor>> {
  const wanted = 'mean' in inputs ? [{ name: 'frames', normalization: inputs }] : inputs;
  return async (given, nudge = (values) => values) => {
    const [samples] = given[wanted[0].name].shape;
    const parts: Float32Array[][] = outputs.map(() => []);
    let shapes: number[][] = [];
    for (let sample = 0; sample < samples; sample++) {
      const tensors = wanted.map(({ name, normalization }) =>
        sampleOf(given[name], sample, normalization, nudge),
      );
      let results: TfTensor[] = [];
      try {
        results = [await model.predict(tensors.length === 1 ? tensors[0] : tensors)].flat();
        shapes = results.map((result) => result.shape.slice(1));
        for (const [i, result] of results.entries()) parts[i].push((await result.data()) as Float32Array);
      } finally {
        for (const each of [...tensors, ...results]) each.dispose();
      }
    }
    return Object.fromEntries(
      outputs.map((name, i) => [name, tensor(concatenate(parts[i]), [samples, ...shapes[i]])]),
    );
  };
}

/** One sample's values, [1, …]. */
function sampleOf(
  { shape: [, ...shape], data }: Tensor,
  sample: number,
  normalization: Normalization | null,
  nudge: Nudge,
): TfTensor {
  const own = data.subarray(sample * sizeOf(shape), (sample + 1) * sizeOf(shape));
  const values = normalization
    ? Float32Array.from(
        own,
        (value, i) => (value / 255 - normalization.mean[i % 3]) / normalization.std[i % 3],
      )
    : Float32Array.from(own);
  return tf.tensor(nudge(values), [1, ...shape]);
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
