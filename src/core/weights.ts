import type { layers } from '@tensorflow/tfjs-layers';
import { sizeOf } from './tensor.ts';

/**
 * Float32 weights that are read only when they are written or folded, one at a time: a graph of them costs no
 * memory. `data()` may return the framework's own memory, so it must not be changed.
 */
export interface Weights {
  readonly shape: readonly number[];
  data(): Float32Array;
}

/** Weights known now, such as a vector of ones. */
export function literalWeights(data: Float32Array, shape: readonly number[]): Weights {
  return { shape, data: () => data };
}

/**
 * A tfjs layer's weight by its own name ("kernel", "moving_mean"), whatever prefix the model gave it.
 * @returns undefined where the layer has no such weight (a bias with `useBias: false`)
 */
export function layerWeight(layer: layers.Layer, name: string): Weights | undefined {
  const variable = layer.weights.find((weight) => weight.originalName.split('/').at(-1) === name);
  if (!variable) return undefined;
  return { shape: variable.shape as number[], data: () => variable.read().dataSync() as Float32Array };
}

/** As numpy's transpose: axis i of the result is axis `permutation[i]` of the weights. */
export function transposeWeights(weights: Weights, permutation: readonly number[]): Weights {
  const shape = permutation.map((axis) => weights.shape[axis]);
  return { shape, data: () => transpose(weights.data(), weights.shape, permutation) };
}

/** The same elements in another shape of equal size. */
export function reshapeWeights(weights: Weights, shape: readonly number[]): Weights {
  if (sizeOf(shape) !== sizeOf(weights.shape)) {
    throw new Error(`weights of shape [${weights.shape}] do not fit the shape [${shape}]`);
  }
  return { shape, data: () => weights.data() };
}

function transpose(
  source: Float32Array,
  shape: readonly number[],
  permutation: readonly number[],
): Float32Array {
  const axes = walkedAxes(shape, permutation);
  const target = new Float32Array(source.length);
  if (axes.length === 0) target.set(source);
  else copyAxes(source, target, axes);
  return target;
}

/** An axis of the result: how long it is, and how far apart its elements lie in the source. */
interface Axis {
  readonly extent: number;
  readonly step: number;
}

/** The result's axes without those of one element, and with neighbours that are also neighbours in the source joined. */
function walkedAxes(shape: readonly number[], permutation: readonly number[]): Axis[] {
  const axes: Axis[] = [];
  for (const axis of permutation) {
    const [extent, step] = [shape[axis], sizeOf(shape.slice(axis + 1))];
    const last = axes.at(-1);
    if (extent === 1) continue;
    if (last && last.step === extent * step) axes[axes.length - 1] = { extent: last.extent * extent, step };
    else axes.push({ extent, step });
  }
  return axes;
}

function copyAxes(source: Float32Array, target: Float32Array, axes: readonly Axis[]): void {
  const last = axes.length - 1;
  let at = 0;
  const copy = (axis: number, offset: number) => {
    const { extent, step } = axes[axis];
    const end = offset + extent * step;
    if (axis === last) for (let from = offset; from < end; from += step) target[at++] = source[from];
    else for (let from = offset; from < end; from += step) copy(axis + 1, from);
  };
  copy(0, 0);
}
