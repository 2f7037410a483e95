import type { Rng } from '../../../../src/core/rng.ts';
import { calledOnTensor, describe, stack } from '../case.ts';
import { tf } from '../parity.ts';
import {
  anyShape,
  convolution,
  cycled,
  dataFormats,
  decimal,
  declare,
  describeShape,
  type Families,
  type Family,
  images,
  type Make,
  middleAxes,
  one,
  surroundings,
} from './family.ts';

const L = tf.layers;

/** One number for all sides, one for each axis, or two for each axis: less than four together. */
function sides(rng: Rng): unknown {
  const pair = () => [rng.integer(2), rng.integer(2)];
  return rng.pick<unknown>([1, pair(), [pair(), [rng.integer(3), rng.integer(2)]]]);
}

/** A layer of images whose rows and columns it moves. */
function ofImages(make: Make, configOf: (rng: Rng) => object): Family {
  return (rng, seed) => {
    const dataFormat = cycled(dataFormats, seed);
    const config = { ...configOf(rng), dataFormat };
    const free = dataFormat === 'channelsLast' ? [1, 2] : [2];
    return one(rng, make, images(rng, 2, dataFormat), config, { free, ...surroundings(rng), integers: true });
  };
}

const flatten: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([3, 4, 5], seed));
  return one(
    rng,
    L.flatten as Make,
    shape,
    { dataFormat: rng.pick(dataFormats) },
    { ...surroundings(rng), integers: true },
  );
};

/** The factors of a number, dealt out over a few axes. */
function dealt(rng: Rng, size: number): number[] {
  const extents = Array<number>(1 + rng.integer(4)).fill(1);
  let rest = size;
  for (let factor = 2; rest > 1; factor++) {
    for (; rest % factor === 0; rest /= factor) extents[rng.integer(extents.length)] *= factor;
  }
  return extents;
}

const reshape: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([2, 3, 4, 5], seed));
  const extents = dealt(
    rng,
    shape.slice(1).reduce((product, extent) => product * extent, 1),
  );
  const inferred = rng.integer(extents.length);
  const targetShape = rng.chance(0.5) ? extents.with(inferred, -1) : extents;
  const { before } = surroundings(rng);
  const declared = declare(rng, shape, middleAxes(shape));
  const name = `${describe(targetShape)} of ${describeShape(shape, declared)}${before!.length > 0 ? ', convolved' : ''}`;
  // tfjs writes into the list that it is given.
  return stack(name, shape, [...before!, () => L.reshape({ name: 'layer', targetShape: [...targetShape] })], {
    declared,
  });
};

const permute: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([3, 4, 5, 2], seed));
  const dims = rng.shuffle([...shape.keys()].slice(1));
  return one(
    rng,
    L.permute as Make,
    shape,
    { dims },
    { integers: true, ...surroundings(rng, false), free: middleAxes(shape) },
  );
};

const resizing: Family = (rng, seed) => {
  const shape = images(rng, 2, 'channelsLast');
  const config = {
    ...{ height: 1 + rng.integer(12), width: 1 + rng.integer(12) },
    interpolation: cycled(['bilinear', 'nearest'] as const, seed),
    cropToAspectRatio: rng.chance(0.5),
  };
  const declared = declare(rng, shape, [1, 2]);
  const isWhole = rng.chance(0.3);
  return calledOnTensor(
    `${describe(config)} of ${describeShape(shape, declared)}${isWhole ? ' whole numbers' : ''}`,
    shape,
    () => L.resizing({ name: 'layer', ...config }),
    { declared, tokens: isWhole ? 256 : undefined },
  );
};

const centerCrop: Family = (rng) => {
  const shape = images(rng, 2, 'channelsLast');
  const config = { height: 1 + rng.integer(9), width: 1 + rng.integer(9) };
  const isWhole = rng.chance(0.3);
  return calledOnTensor(
    `${describe(config)} of [${shape}]${isWhole ? ' whole numbers' : ''}`,
    shape,
    () => L.centerCrop({ name: 'layer', ...config }),
    { tokens: isWhole ? 256 : undefined },
  );
};

/** Left as it is when predicting: the reference does not have the layer. */
const randomWidth: Family = (rng) => {
  const shape = images(rng, 2, 'channelsLast');
  const config = {
    ...{ factor: decimal(rng, 0.1, 0.9), seed: 1 },
    interpolation: rng.pick(['bilinear', 'nearest'] as const),
  };
  return {
    ...one(rng, L.randomWidth as unknown as Make, shape, config, { before: [convolution('before')] }),
    reference: stack('', shape, [convolution('before')]).build,
  };
};

/** Layers that give values other places, and images other sizes. */
export const movements: Families = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: (rng) =>
    one(
      rng,
      L.repeatVector as Make,
      anyShape(rng, 2),
      { n: 1 + rng.integer(5) },
      { ...surroundings(rng), integers: true },
    ),
  ZeroPadding2D: ofImages(L.zeroPadding2d as Make, (rng) => ({ padding: sides(rng) })),
  Cropping2D: ofImages(L.cropping2D as Make, (rng) => ({ cropping: sides(rng) })),
  UpSampling2D: ofImages(L.upSampling2d as Make, (rng) => ({
    size: [1 + rng.integer(3), 1 + rng.integer(3)],
    interpolation: rng.pick(['nearest', 'bilinear']),
  })),
  Resizing: resizing,
  CenterCrop: centerCrop,
  RandomWidth: randomWidth,
};
