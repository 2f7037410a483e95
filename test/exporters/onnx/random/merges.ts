import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Rng } from '../../../../src/core/rng.ts';
import { type Declared, describe, graph, type LayerCase } from '../case.ts';
import { tf } from '../parity.ts';
import {
  anyShape,
  convolution,
  cycled,
  declare,
  describeShape,
  type Families,
  type Family,
  type Make,
  middleAxes,
} from './family.ts';

const L = tf.layers;

/** A layer of several inputs, each of which may be a convolution's output. */
function joined(
  rng: Rng,
  make: Make,
  shapes: readonly number[][],
  config: object,
  declared: readonly Declared[],
): LayerCase {
  const isWhole = rng.chance(0.2);
  const convolved = shapes.map(() => !isWhole && rng.chance(0.4));
  const described = shapes.map(
    (shape, i) => `${describeShape(shape, declared[i])}${convolved[i] ? ' convolved' : ''}`,
  );
  return graph(
    `${describe(config)} of ${described.join(' and ')}${isWhole ? ', whole numbers' : ''}`,
    shapes,
    (...xs) => {
      const values = xs.map((x, i) =>
        convolved[i] ? (convolution(`before${i}`)(x).apply(x) as SymbolicTensor) : x,
      );
      return make({ name: 'layer', ...config } as never).apply(values) as SymbolicTensor;
    },
    isWhole ? 6 : undefined,
    declared,
  );
}

/** Merges of values of one shape, and of those that are spread over it, of its rank or of a lower one. */
function elementwise(make: Make): Family {
  return (rng, seed) => {
    const whole = anyShape(rng, cycled([4, 3, 5, 2], seed));
    const spread = () => {
      const [batch, ...extents] = whole;
      const kept = extents.slice(rng.pick([0, 0, rng.integer(extents.length)]));
      return [batch, ...kept.map((extent) => (rng.chance(0.7) ? extent : 1))];
    };
    const others = Array.from({ length: 1 + rng.integer(3) }, () => (rng.chance(0.5) ? whole : spread()));
    const shapes = rng.shuffle([whole, ...others]);
    const declared = shapes.map((shape) => declare(rng, shape, middleAxes(shape)));
    return joined(rng, make, shapes, {}, declared);
  };
}

const concatenate: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([4, 3, 5, 2], seed));
  const axis = 1 + rng.integer(shape.length - 1);
  const others = Array.from({ length: 1 + rng.integer(2) }, () => shape.with(axis, 1 + rng.integer(4)));
  const shapes = [shape, ...others];
  // tfjs takes all negative axes for the last, and wants the others alike, unknown ones too.
  const config = { axis: axis === shape.length - 1 ? rng.pick([axis, -1]) : axis };
  const common = declare(rng, shape, middleAxes(shape));
  const declared = shapes.map((each) => common.with(axis - 1, common[axis - 1] === null ? null : each[axis]));
  return joined(rng, L.concatenate as unknown as Make, shapes, config, declared);
};

/** Matrices or vectors, along any axis of each. */
const dot: Family = (rng) => {
  const [batch, inner] = [1 + rng.integer(3), 1 + rng.integer(4)];
  const sides = [1 + rng.integer(4), 1 + rng.integer(4)].map((other) =>
    rng.pick([
      { axis: 1, shape: [batch, inner] },
      { axis: 1, shape: [batch, inner, other] },
      { axis: 2, shape: [batch, other, inner] },
    ]),
  );
  const axes = sides.map(({ axis }) => axis);
  const ends = sides.map(({ axis, shape }) => axis - shape.length);
  // tfjs counts from the end only where one number is for both.
  const common = [axes, ends].filter(([first, second]) => first === second).map(([axis]) => axis);
  const shapes = sides.map(({ shape }) => shape);
  const config = {
    axes: rng.pick([axes, ...common]),
    normalize: rng.chance(0.5),
  };
  // What is summed over must be known.
  const declared = sides.map(({ shape, axis }) =>
    declare(
      rng,
      shape,
      middleAxes(shape).filter((each) => each !== axis),
    ),
  );
  return joined(rng, L.dot as unknown as Make, shapes, config, declared);
};

/** Layers of several inputs. */
export const merges: Families = {
  Add: elementwise(L.add as unknown as Make),
  Multiply: elementwise(L.multiply as unknown as Make),
  Average: elementwise(L.average as unknown as Make),
  Maximum: elementwise(L.maximum as unknown as Make),
  Minimum: elementwise(L.minimum as unknown as Make),
  Concatenate: concatenate,
  Dot: dot,
};
