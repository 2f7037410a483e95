/** What the random cases of all layers are made with. */
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Rng } from '../../../../src/core/rng.ts';
import { activations, type Declared, describe, type LayerCase, stack } from '../case.ts';
import { tf } from '../parity.ts';

/** A case of a layer; what must not be left to chance goes round with the seed. */
export type Family = (rng: Rng, seed: number) => LayerCase;

/** The families of some layers, by the layers' classes. */
export type Families = Readonly<Record<string, Family>>;

export type Make = (config: never) => layers.Layer;

export const dataFormats = ['channelsLast', 'channelsFirst'] as const;

/** The default, an orthogonal matrix, needs operations that tfjs-core registers only on demand. */
export const recurrentInitializer = 'glorotNormal';

/** Those that do not grow from step to step until small differences show. */
export const stepActivations = activations.filter((name) => name !== 'logSoftmax');

export const gateActivations = ['hardSigmoid', 'sigmoid', 'tanh', 'softmax'];

export function cycled<T>(items: readonly T[], seed: number): T {
  return items[seed % items.length];
}

/** A number of two decimals. */
export function decimal(rng: Rng, low: number, high: number): number {
  return Math.round(100 * rng.uniform(low, high)) / 100;
}

/** [N, …] of small extents, single ones among them. */
export function anyShape(rng: Rng, rank: number): number[] {
  return [1 + rng.integer(3), ...Array.from({ length: rank - 1 }, () => 1 + rng.integer(5))];
}

/** [N, extents…, channels], in either format, with room for any window. */
export function images(rng: Rng, rank: number, dataFormat: string): number[] {
  const extents = Array.from({ length: rank }, () => 4 + rng.integer(5));
  const channels = 1 + rng.integer(4);
  const batch = 1 + rng.integer(3);
  return dataFormat === 'channelsFirst' ? [batch, channels, ...extents] : [batch, ...extents, channels];
}

export function spatialAxes(rank: number, dataFormat: string): number[] {
  return Array.from({ length: rank }, (_, axis) => axis + (dataFormat === 'channelsFirst' ? 2 : 1));
}

/** The axes between the batch and the last one. */
export function middleAxes(shape: readonly number[]): number[] {
  return spatialAxes(shape.length - 2, 'channelsLast');
}

/** Now and then, some extents of an input are left unknown. */
export function declare(rng: Rng, shape: readonly number[], free: readonly number[]): Declared {
  const isFree = rng.chance(0.3);
  return shape
    .slice(1)
    .map((extent, i) => (isFree && free.includes(i + 1) && rng.chance(0.7) ? null : extent));
}

/** Shapes as a part of a case's name, unknown extents with what they are fed with: `[2,any 5,3]`. */
export function describeShape(shape: readonly number[], declared: Declared): string {
  return `[${shape.map((extent, i) => (declared[i - 1] === null ? `any ${extent}` : extent))}]`;
}

/** A convolution, or a dense layer, that keeps a shape: what comes out of it lies channels first in the graph. */
export function convolution(name: string): (x: SymbolicTensor) => layers.Layer {
  return ({ shape }) => {
    const config = { name, filters: shape.at(-1)!, kernelSize: 2, padding: 'same' } as const;
    if (shape.length === 3) return tf.layers.conv1d(config);
    if (shape.length === 4) return tf.layers.conv2d(config);
    if (shape.length === 5) return tf.layers.conv3d(config);
    return tf.layers.dense({ name, units: shape.at(-1)! });
  };
}

interface Surroundings {
  /** Axes whose extents may be unknown. */
  readonly free?: readonly number[];
  /** The inputs are whole numbers below this. */
  readonly tokens?: number;
  /** Now and then, whole numbers where nothing stands before the layer: tfjs takes them here. */
  readonly integers?: boolean;
  readonly before?: readonly ((x: SymbolicTensor) => layers.Layer)[];
  readonly after?: readonly ((x: SymbolicTensor) => layers.Layer)[];
}

/** One layer on an input of known or unknown extents. */
export function one(
  rng: Rng,
  make: Make,
  input: readonly number[],
  config: object,
  { free = [], integers = false, before = [], ...others }: Surroundings = {},
): LayerCase {
  const isWhole = integers && before.length === 0 && rng.chance(0.3);
  const { tokens = isWhole ? 6 : undefined } = others;
  // Convolutions take none of what some layers make of whole numbers.
  const { after = [] } = isWhole ? {} : others;
  const declared = declare(rng, input, free);
  const places = `${before.length > 0 ? ', after others' : ''}${after.length > 0 ? ', before others' : ''}`;
  const layer = () => make({ ...config, name: 'layer' } as never);
  return stack(
    `${describe(config)} of ${describeShape(input, declared)}${isWhole ? ' whole numbers' : ''}${places}`,
    input,
    [...before, layer, ...after],
    { declared, tokens },
  );
}

/** Now and then a convolution before a layer and one behind it, which want another layout than it may. */
export function surroundings(rng: Rng, canFollow = true): Pick<Surroundings, 'before' | 'after'> {
  return {
    before: rng.chance(0.5) ? [convolution('before')] : [],
    after: canFollow && rng.chance(0.3) ? [convolution('after')] : [],
  };
}
