import type { Variable } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../../src/core/errors.ts';
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor.ts';
import { innerLayers } from '../inner-layers.ts';
import { tf } from '../tf.ts';

/**
 * A weight by its path through the model: "layer1.0.conv1/kernel", "cnn/conv1/kernel" in a model inside,
 * "encoder/forward/bias", "decoder/0/kernel" of the first of stacked cells. It does not depend on what was built before.
 */
export interface NamedWeight {
  readonly name: string;
  readonly trainable: boolean;
  readonly variable: Variable;
}

type Weight = layers.Layer['weights'][number];

/**
 * All weights of a model, each once: those of a layer that has several places go by the first.
 * @throws UserError when two have one name
 */
export function namedWeights(model: LayersModel): NamedWeight[] {
  const trainable = new Set(model.trainableWeights);
  const found = new Map<Weight, string>();
  const weightOf = new Map<string, Weight>();
  const add = (name: string, weight: Weight) => {
    if (found.has(weight)) return;
    if (weightOf.has(name)) {
      throw new UserError(`every weight of ${model.name} must have a name of its own`, {
        received: `${quoted(name)} twice`,
        remedy: 'give the layers names that differ, without slashes',
      });
    }
    found.set(weight, name);
    weightOf.set(name, weight);
  };
  const visit = (layer: layers.Layer, path: string) => {
    const inner = innerLayers(layer);
    const elsewhere = new Set(inner.flatMap(({ layer }) => layer.weights));
    const own = layer.weights.filter((weight) => !elsewhere.has(weight));
    for (const [name, weight] of ownNames(own)) add(`${path}${name}`, weight);
    for (const { name, layer } of inner) visit(layer, `${path}${name}/`);
  };
  visit(model as unknown as layers.Layer, '');
  return [...found].map(([weight, name]) => ({
    name,
    trainable: trainable.has(weight),
    // tfjs-layers keeps the variable to itself, and gradients are taken by variable.
    variable: (weight as unknown as { val: Variable }).val,
  }));
}

/**
 * What a layer calls its weights: "kernel". A layer of somebody's own may hold others in a way of its own, two of which
 * have a kernel each; so these bear as many more parts of tfjs's names as tell them apart.
 */
function ownNames(weights: readonly Weight[]): [string, Weight][] {
  const parts = weights.map(({ originalName }) => originalName.split('/'));
  const name = (i: number, depth: number) => parts[i].slice(-depth).join('/');
  return weights.map((weight, i) => {
    const isAmbiguous = (depth: number) =>
      weights.some((_, j) => j !== i && name(j, depth) === name(i, depth));
    let depth = 1;
    while (depth < parts[i].length && isAmbiguous(depth)) depth++;
    return [name(i, depth), weight];
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
