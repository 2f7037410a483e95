import type { layers } from '@tensorflow/tfjs-layers';
import { quoted, UserError } from './errors.ts';
import type { Scratch } from './scratch.ts';
import { gather, rowMajorStrides } from './strided.ts';
import { sizeOf } from './tensor.ts';

/**
 * Float32 weights that are read only when they are written or folded, one at a time: a graph of them costs no
 * memory. `data()` may return the framework's own memory, so it must not be changed unless it is `fresh`.
 */
export interface Weights {
  readonly shape: readonly number[];
  data(scratch?: Scratch): Float32Array;
  /** `data()` makes the elements anew at each call, in the scratch memory where there is some. */
  readonly fresh?: boolean;
}

/** Weights known now, such as a vector of ones. */
export function literalWeights(data: Float32Array, shape: readonly number[]): Weights {
  return { shape, data: () => data };
}

/**
 * A tfjs layer's weight by its own name ("kernel", "moving_mean"), whatever prefix the model gave it.
 *
 * @throws UserError where the layer has no such weight; `findLayerWeight` is for those that it may lack
 */
export function layerWeight(layer: layers.Layer, name: string): Weights {
  const found = findLayerWeight(layer, name);
  if (found) return found;
  throw new UserError(
    `the layer ${quoted(layer.name)} (${layer.getClassName()}) must have a weight called ${quoted(name)}`,
    {
      received: layer.weights.map((weight) => quoted(ownName(weight))).join(', ') || 'none at all',
      remedy: 'its converter should name one of its own, or take findLayerWeight where it may be absent',
    },
  );
}

/** The same, undefined where the layer has no such weight, as a bias with `useBias: false`. */
export function findLayerWeight(layer: layers.Layer, name: string): Weights | undefined {
  const variable = layer.weights.find((weight) => ownName(weight) === name);
  if (!variable) return undefined;
  return { shape: variable.shape as number[], data: () => variable.read().dataSync() as Float32Array };
}

function ownName({ originalName }: layers.Layer['weights'][number]): string {
  return originalName.split('/').at(-1) ?? originalName;
}

/**
 * @param source what holds the weights, for the message
 * @throws UserError naming the first weight that holds what is no finite number, and how many there are
 */
export function requireFinite(
  weights: Iterable<{ readonly name: string; data(): ArrayLike<number> }>,
  source: string,
): void {
  for (const { name, data } of weights) {
    const values = data();
    let [count, first] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      if (count++ === 0) first = values[i];
    }
    if (count === 0) continue;
    throw new UserError(`${source} must hold finite weights`, {
      received: `${first} in ${quoted(name)}: ${count} of its ${values.length} values are no finite numbers`,
      remedy: 'take an earlier checkpoint, or train it again with a smaller learning rate: it has diverged',
    });
  }
}

/** As numpy's transpose: axis i of the result is axis `permutation[i]` of the weights. */
export function transposeWeights(weights: Weights, permutation: readonly number[]): Weights {
  const shape = permutation.map((axis) => weights.shape[axis]);
  const steps = rowMajorStrides(weights.shape);
  const layout = { shape, strides: permutation.map((axis) => steps[axis]), offset: 0 };
  return {
    shape,
    fresh: true,
    data(scratch) {
      const size = sizeOf(shape);
      return gather(weights.data(), scratch?.floats(size) ?? new Float32Array(size), layout);
    },
  };
}

/** The same elements in another shape of equal size. */
export function reshapeWeights(weights: Weights, shape: readonly number[]): Weights {
  if (sizeOf(shape) !== sizeOf(weights.shape)) {
    throw new Error(`weights of shape [${weights.shape}] do not fit the shape [${shape}]`);
  }
  return { ...weights, shape };
}
