import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Rng } from '../../../../src/core/rng.ts';
import { activations, graph, type LayerCase } from '../case.ts';
import { tf } from '../parity.ts';
import {
  anyShape,
  convolution,
  cycled,
  decimal,
  type Families,
  type Family,
  type Make,
  middleAxes,
  one,
  surroundings,
} from './family.ts';

const L = tf.layers;
const ranks = [2, 3, 4, 5];

/** A layer that takes any shape. */
function pointwise(
  make: Make,
  configOf: (rng: Rng, shape: readonly number[]) => object = () => ({}),
  { allowed = ranks, integers = true } = {},
): Family {
  return (rng, seed) => {
    const shape = anyShape(rng, cycled(allowed, seed));
    return one(rng, make, shape, configOf(rng, shape), {
      ...surroundings(rng),
      free: middleAxes(shape),
      integers,
    });
  };
}

/** Four activations of one value, so that four seeds in a row have them all. */
function activation(rng: Rng, seed: number): LayerCase {
  const shape = anyShape(rng, cycled(ranks, seed));
  const names = Array.from({ length: 4 }, (_, i) => cycled(activations, 4 * seed + i));
  const { before } = surroundings(rng);
  const isConvolved = before!.length > 0;
  return graph(`${names} of [${shape}]${isConvolved ? ', convolved' : ''}`, [shape], (x) => {
    const value = isConvolved ? (convolution('before')(x).apply(x) as SymbolicTensor) : x;
    return names.map(
      (name) => L.activation({ name, activation: name as never }).apply(value) as SymbolicTensor,
    );
  });
}

/** tfjs wants all extents known, of the axes that share slopes too. */
const prelu: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled(ranks, seed));
  const sharedAxes = middleAxes(shape).filter(() => rng.chance(0.5));
  const config = sharedAxes.length > 0 ? { sharedAxes } : {};
  return one(rng, L.prelu as Make, shape, config, { ...surroundings(rng), integers: true });
};

/** tfjs has a single axis only where it is the last. */
function softmaxAxis(rng: Rng, { length }: readonly number[]): object {
  const several = rng.shuffle(Array.from({ length: length - 1 }, (_, i) => i + 1)).slice(0, 2);
  if (several.length === 2 && rng.chance(0.5)) return { axis: several };
  return length === 2 && rng.chance(0.5) ? {} : { axis: rng.pick([-1, length - 1]) };
}

const rate = (rng: Rng) => ({ rate: decimal(rng, 0.1, 0.9) });

/** Layers that work element by element, and those that do nothing when predicting. */
export const pointwiseLayers: Families = {
  Activation: activation,
  ReLU: pointwise(L.reLU as Make, (rng) => (rng.chance(0.5) ? { maxValue: decimal(rng, 0.1, 2) } : {})),
  LeakyReLU: pointwise(L.leakyReLU as Make, (rng) =>
    rng.chance(0.7) ? { alpha: decimal(rng, -0.5, 1.5) } : {},
  ),
  ELU: pointwise(L.elu as Make, () => ({}), { integers: false }),
  ThresholdedReLU: pointwise(L.thresholdedReLU as Make, (rng) => ({ theta: decimal(rng, 0, 1.5) })),
  PReLU: prelu,
  Softmax: pointwise(L.softmax as Make, softmaxAxis, { integers: false }),
  Dropout: pointwise(L.dropout as Make, rate),
  SpatialDropout1D: pointwise(L.spatialDropout1d as Make, rate, { allowed: [3] }),
  GaussianNoise: pointwise(L.gaussianNoise as Make, (rng) => ({ stddev: decimal(rng, 0.1, 2) })),
  GaussianDropout: pointwise(L.gaussianDropout as Make, rate),
  AlphaDropout: pointwise(L.alphaDropout as Make, rate),
  Rescaling: (rng, seed) => {
    const shape = anyShape(rng, cycled(ranks, seed));
    const config = { scale: decimal(rng, -2, 2), offset: rng.pick([0, decimal(rng, -1, 1)]) };
    const free = middleAxes(shape);
    return rng.chance(0.5)
      ? one(rng, L.rescaling as Make, shape, config, { free, tokens: 256 })
      : one(rng, L.rescaling as Make, shape, config, { free, ...surroundings(rng) });
  },
};
