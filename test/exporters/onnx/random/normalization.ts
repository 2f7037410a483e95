import type { layers } from '@tensorflow/tfjs-layers';
import { activations, stack } from '../case.ts';
import { tf } from '../parity.ts';
import {
  anyShape,
  cycled,
  type Families,
  type Family,
  images,
  type Make,
  middleAxes,
  one,
  surroundings,
} from './family.ts';

const L = tf.layers;

/** A layer that tfjs computes over the last axis of a sequence, over any axis of any rank. */
function overLastOfThree(
  shape: readonly number[],
  axis: number,
  make: () => layers.Layer,
): (() => layers.Layer)[] {
  const others = [...shape.keys()].slice(1).filter((each) => each !== axis);
  const order = [...others, axis];
  const back = [...shape.keys()].slice(1).map((each) => order.indexOf(each) + 1);
  const moved = order.map((each) => shape[each]);
  return [
    () => L.permute({ name: 'last', dims: order }),
    () => L.reshape({ name: 'flat', targetShape: [-1, shape[axis]] }),
    make,
    () => L.reshape({ name: 'full', targetShape: moved }),
    () => L.permute({ name: 'back', dims: back }),
  ];
}

const batchNormalization: Family = (rng, seed) => {
  const rank = cycled([2, 3, 4, 5], seed);
  const shape = rank === 2 ? anyShape(rng, 2) : images(rng, rank - 2, 'channelsLast');
  const axis = rng.pick([1, -1, rank - 1]);
  const config = {
    ...{ axis, epsilon: rng.pick([1e-3, 0.1]) },
    ...{ scale: rng.chance(0.7), center: rng.chance(0.7) },
  };
  const around = surroundings(rng);
  const free = axis === 1 ? [] : middleAxes(shape);
  const layerCase = one(rng, L.batchNormalization as Make, shape, config, { free, ...around });
  if (rank < 5 && (axis !== 1 || rank === 2)) return layerCase;
  // tfjs 4.22's cpu kernel applies statistics of another axis element by element, and there is none for rank 5.
  const normalization = () => L.batchNormalization({ name: 'layer', ...config, axis: 2 });
  const rightly = overLastOfThree(shape, axis < 0 ? rank - 1 : axis, normalization);
  return {
    ...layerCase,
    reference: stack('', shape, [...around.before!, ...rightly, ...around.after!]).build,
  };
};

/** tfjs has none for rank 5. */
const layerNormalization: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([2, 3, 4], seed));
  const all = [...shape.keys()].slice(1);
  const axes = rng.shuffle(all).slice(0, 1 + rng.integer(3));
  const axis = rng.chance(0.3) ? -1 : axes.length === 1 ? axes[0] : axes.toSorted();
  const config = {
    ...{ axis, epsilon: rng.pick([1e-3, 0.1]) },
    ...{ scale: rng.chance(0.7), center: rng.chance(0.7) },
  };
  const free = middleAxes(shape).filter((each) => ![axis].flat().includes(each));
  return one(rng, L.layerNormalization as Make, shape, config, { free, ...surroundings(rng) });
};

const dense: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([2, 3, 4], seed));
  const config = {
    ...{ units: 1 + rng.integer(5), useBias: rng.chance(0.7), activation: rng.pick(activations) },
  };
  return one(rng, L.dense as Make, shape, config, {
    integers: true,
    free: middleAxes(shape),
    ...surroundings(rng),
  });
};

export const denseAndNormalizations: Families = {
  Dense: dense,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
};
