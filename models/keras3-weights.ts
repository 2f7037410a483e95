import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from '../src/core/errors.ts';
import { innerLayers } from './inner-layers.ts';

type Weight = layers.Layer['weights'][number];

/** A weight, the layers that it is in, by their names, and what its own layer calls it. */
interface Place {
  readonly weight: Weight;
  readonly tokens: readonly string[];
}

/**
 * Sets a model's weights from those that Keras 3 has named: by the layers that each was made in, such as "s/d/kernel" in
 * a Sequential, "d/kernel" in a functional model, "lstm/lstm_cell/kernel". A model inside has its name there or not,
 * depending on when it was called; so each goes to the weight of its shape whose layers' names agree best.
 *
 * @throws UserError where weights are left over or lacking
 */
export function assignKeras3Weights(model: LayersModel, stored: NamedTensorMap, source: string): void {
  const places = placesOf(model as unknown as layers.Layer, []);
  const pairs = places
    .flatMap((place) =>
      Object.entries(stored).map(([name, tensor]) => ({
        place,
        name,
        tensor,
        fit: fitOf(place, name, tensor),
      })),
    )
    .filter(({ fit }) => fit !== null)
    .sort((a, b) => b.fit! - a.fit!);
  const taken = new Map<Weight, { name: string; tensor: Tensor }>();
  const left = new Set(Object.keys(stored));
  for (const { place, name, tensor } of pairs) {
    if (taken.has(place.weight) || !left.has(name)) continue;
    taken.set(place.weight, { name, tensor });
    left.delete(name);
  }
  const missing = places.find(({ weight }) => !taken.has(weight));
  if (missing || left.size > 0) {
    const spare = [...left][0];
    throw new UserError(`the weights in ${source} must be those of its layers`, {
      received: missing
        ? `none for ${quoted(missing.tokens.join('/'))} of shape [${missing.weight.shape}]${spare ? `, and ${quoted(spare)} left over` : ''}`
        : `${quoted(spare)} left over`,
      remedy: 'convert the model again',
    });
  }
  for (const [weight, { tensor }] of taken) weight.write(tensor);
}

function placesOf(layer: layers.Layer, path: readonly string[], seen = new Set<Weight>()): Place[] {
  const inner = innerLayers(layer);
  const elsewhere = new Set(inner.flatMap(({ layer }) => layer.weights));
  const own = layer.weights.filter((weight) => !elsewhere.has(weight) && !seen.has(weight));
  for (const weight of own) seen.add(weight);
  const places = own.map((weight) => ({
    weight,
    tokens: [...path, layer.name, weight.originalName.split('/').at(-1) ?? ''],
  }));
  return [...places, ...inner.flatMap(({ layer: inside }) => placesOf(inside, [...path, layer.name], seen))];
}

/** Weights that Keras 3 calls by another name than tfjs. */
const aliases: Readonly<Record<string, string>> = { depthwise_kernel: 'kernel' };

/** How well a name of Keras 3's agrees: names in common, less those of either alone; null where it cannot be the one. */
function fitOf({ weight, tokens }: Place, name: string, tensor: Tensor): number | null {
  const parts = name.split('/');
  const own = tokens[tokens.length - 1];
  const called = parts[parts.length - 1];
  if ((called !== own && called !== aliases[own]) || `${tensor.shape}` !== `${weight.shape}`) return null;
  const common = commonLength(tokens.slice(0, -1), parts.slice(0, -1));
  return common === 0 ? null : 3 * common - tokens.length - parts.length + (called === own ? 0.5 : 0);
}

/** The length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = Array<number>(b.length + 1).fill(0);
  for (const each of a) {
    const next = [0];
    b.forEach((other, j) => {
      next.push(each === other ? row[j] + 1 : Math.max(row[j + 1], next[j]));
    });
    row = next;
  }
  return row[b.length];
}
