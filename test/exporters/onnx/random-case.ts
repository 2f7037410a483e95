import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Rng } from '../../../src/core/rng.ts';
import { describe, graph, type LayerCase, stack } from './case.ts';
import { tf } from './parity.ts';

const L = tf.layers;
const dataFormats = ['channelsLast', 'channelsFirst'] as const;
const activations = [
  'linear',
  'relu',
  'tanh',
  'sigmoid',
  'hardSigmoid',
  'softsign',
  'elu',
  'swish',
  'softmax',
];
const recurrentActivations = ['hardSigmoid', 'sigmoid', 'tanh', 'relu6'];
const recurrentInitializer = 'glorotNormal';

type Make = (config: never) => layers.Layer;

/** [N, extents…, channels], in either format. */
function images(rng: Rng, rank: number, dataFormat: string): number[] {
  const extents = Array.from({ length: rank }, () => 4 + rng.integer(5));
  const channels = 1 + rng.integer(4);
  const batch = 1 + rng.integer(3);
  return dataFormat === 'channelsFirst' ? [batch, channels, ...extents] : [batch, ...extents, channels];
}

/** A window that fits in four positions. tfjs has either strides or dilations, and shifts short windows over three axes. */
function windowOf(rng: Rng, rank: number, canDilate: boolean) {
  const kernel = Array.from({ length: rank }, () => 1 + rng.integer(3));
  const isDilated = canDilate && rng.chance(0.3);
  const strides = kernel.map((size) => (isDilated ? 1 : 1 + rng.integer(rank === 3 ? size : 3)));
  const dilations = kernel.map((size) => (isDilated && size < 3 ? 1 + rng.integer(2) : 1));
  const padding = rng.pick(['same', 'valid'] as const);
  return { kernel, strides, dilations, padding };
}

type Family = (rng: Rng, seed: string) => LayerCase;

/** One layer after an input of unknown extents or known ones. */
function one(
  rng: Rng,
  seed: string,
  make: Make,
  input: number[],
  config: object,
  options: { free?: number[]; tokens?: number; before?: (() => layers.Layer)[] } = {},
): LayerCase {
  const { free = [], tokens, before = [] } = options;
  const isFree = rng.chance(0.3);
  const declared = input.slice(1).map((extent, axis) => (isFree && free.includes(axis + 1) ? null : extent));
  const className = make({ ...config, name: 'probe' } as never).getClassName();
  const name = `${seed}: ${className} ${describe(config)} of [${input}]${isFree ? ', of any extent' : ''}`;
  return stack(name, input, [...before, () => make({ ...config, name: 'layer' } as never)], {
    declared,
    tokens,
  });
}

function spatialAxes(rank: number, dataFormat: string): number[] {
  return Array.from({ length: rank }, (_, axis) => axis + (dataFormat === 'channelsFirst' ? 2 : 1));
}

/** Convolutions with a bias and an activation, over one axis to three. */
function convolution(make: Make, rank: number, { dilates = true, formats = true } = {}): Family {
  return (rng, seed) => {
    const dataFormat = formats ? rng.pick(dataFormats) : 'channelsLast';
    const { kernel, strides, dilations, padding } = windowOf(rng, rank, dilates);
    const config = {
      ...{ filters: 1 + rng.integer(4), kernelSize: kernel, strides, padding },
      ...{ useBias: rng.chance(0.5), activation: rng.pick(activations) },
      ...(dilates && { dilationRate: dilations }),
      ...(formats && { dataFormat }),
    };
    return one(rng, seed, make, images(rng, rank, dataFormat), config, {
      free: spatialAxes(rank, dataFormat),
    });
  };
}

function depthwise(make: Make, isSeparable: boolean): Family {
  return (rng, seed) => {
    const dataFormat = rng.pick(dataFormats);
    const { kernel, strides, padding } = windowOf(rng, 2, false);
    const isFirst = dataFormat === 'channelsFirst';
    const config = {
      // tfjs has square strides only.
      ...{ kernelSize: kernel, strides: [strides[0], strides[0]], padding, dataFormat },
      ...{ depthMultiplier: 1 + rng.integer(2), activation: rng.pick(activations) },
      useBias: !(isSeparable && isFirst) && rng.chance(0.5),
      ...(isSeparable && { filters: 1 + rng.integer(4) }),
    };
    return one(rng, seed, make, images(rng, 2, dataFormat), config, { free: spatialAxes(2, dataFormat) });
  };
}

function pooling(make: Make, rank: number): Family {
  return (rng, seed) => {
    const dataFormat = rank === 1 ? 'channelsLast' : rng.pick(dataFormats);
    const { kernel, strides, padding } = windowOf(rng, rank, false);
    const config = {
      ...{ poolSize: rank === 1 ? kernel[0] : kernel, strides: rank === 1 ? strides[0] : strides, padding },
      ...(rank > 1 && { dataFormat }),
    };
    return one(rng, seed, make, images(rng, rank, dataFormat), config);
  };
}

/** Layers that only move values about. */
const movement: Family = (rng, seed) => {
  const dataFormat = rng.pick(dataFormats);
  const pair = () => [rng.integer(3), rng.integer(2)];
  const [make, config] = rng.pick<[Make, object]>([
    [L.zeroPadding2d as Make, { padding: [pair(), pair()], dataFormat }],
    [L.cropping2D as Make, { cropping: [pair(), pair()], dataFormat }],
    [
      L.upSampling2d as Make,
      {
        size: [1 + rng.integer(3), 1 + rng.integer(3)],
        dataFormat,
        interpolation: rng.pick(['nearest', 'bilinear']),
      },
    ],
    [L.permute as Make, { dims: rng.shuffle([1, 2, 3]) }],
    [L.flatten as Make, { dataFormat }],
  ]);
  return one(rng, seed, make, images(rng, 2, dataFormat), config);
};

const recurrentLayers = [L.simpleRNN, L.gru, L.lstm] as unknown as Make[];

/** A recurrent layer, alone or in both directions, with a mask or without. */
const recurrent: Family = (rng, seed) => {
  const config = {
    ...{ units: 1 + rng.integer(4), recurrentInitializer, useBias: rng.chance(0.7) },
    ...{ returnSequences: rng.chance(0.5), goBackwards: rng.chance(0.3) },
    activation: rng.pick(['tanh', 'sigmoid', 'softsign', 'swish']),
  };
  const make = rng.pick(recurrentLayers);
  const gates = make === recurrentLayers[0] ? {} : { recurrentActivation: rng.pick(recurrentActivations) };
  const whole: object = { ...config, ...gates };
  const [batch, steps, size] = [1 + rng.integer(4), 2 + rng.integer(5), 1 + rng.integer(4)];
  const isMasked = rng.chance(0.5);
  const wrapper = rng.pick(['none', 'bidirectional']);
  const mergeMode = rng.pick(['concat', 'sum', 'mul', 'ave']);
  const layer: Make =
    wrapper === 'none'
      ? make
      : ({ name }: { name: string }) =>
          L.bidirectional({
            name,
            layer: make({ ...whole, name: 'inner' } as never) as never,
            mergeMode: mergeMode as never,
          });
  const described = { ...whole, ...(wrapper !== 'none' && { mergeMode }), isMasked };
  const embed = () => L.embedding({ name: 'embedding', inputDim: 4, outputDim: size, maskZero: true });
  const input = isMasked ? [batch, steps] : [batch, steps, size];
  const built: Make = ({ name }: { name: string }) => layer({ ...whole, name } as never);
  const made = one(rng, seed, built, input, described, {
    free: [1],
    ...(isMasked && { tokens: 4, before: [embed] }),
  });
  return made;
};

const convolutionalRecurrent: Family = (rng, seed) => {
  const dataFormat = rng.pick(dataFormats);
  const { kernel, strides, dilations, padding } = windowOf(rng, 2, true);
  const config = {
    ...{
      filters: 1 + rng.integer(3),
      kernelSize: kernel,
      strides,
      dilationRate: dilations,
      padding,
      dataFormat,
    },
    ...{ recurrentInitializer, useBias: rng.chance(0.5), returnSequences: rng.chance(0.5) },
    ...{ goBackwards: rng.chance(0.3), recurrentActivation: rng.pick(recurrentActivations) },
  };
  const [batch, ...frame] = images(rng, 2, dataFormat);
  return one(rng, seed, L.convLstm2d as Make, [batch, 1 + rng.integer(3), ...frame], config, { free: [1] });
};

/** A layer on every step of a sequence of images. */
const distributed: Family = (rng, seed) => {
  const inner = rng.pick<() => layers.Layer>([
    () => L.conv2d({ name: 'inner', filters: 3, kernelSize: 2, padding: 'same', activation: 'relu' }),
    () => L.dense({ name: 'inner', units: 3, activation: 'softmax' }),
    () => L.flatten({ name: 'inner' }),
    () => L.batchNormalization({ name: 'inner' }),
    () => L.globalAveragePooling2d({ name: 'inner', dataFormat: 'channelsLast' }),
  ]);
  const [batch, ...frame] = images(rng, 2, 'channelsLast');
  const make: Make = ({ name }: { name: string }) => L.timeDistributed({ name, layer: inner() });
  const config = { layer: inner().getClassName() };
  return one(rng, seed, make, [batch, 1 + rng.integer(4), ...frame], config, { free: [1] });
};

/** Merges of two convolutions or of one with a vector. */
const merged: Family = (rng, seed) => {
  const shape = images(rng, 2, 'channelsLast');
  const make = rng.pick([
    L.add,
    L.multiply,
    L.average,
    L.maximum,
    L.minimum,
    L.concatenate,
  ] as unknown as Make[]);
  const className = make({} as never).getClassName();
  const axis = className === 'Concatenate' ? { axis: rng.pick([1, 2, 3, -1]) } : {};
  const withConv = rng.chance(0.5);
  return graph(
    `${seed}: ${className} ${describe(axis)} of [${shape}]${withConv ? ', one convolved' : ''}`,
    [shape, shape],
    (x, y) => {
      const conv = L.conv2d({ name: 'conv', filters: shape[3], kernelSize: 3, padding: 'same' });
      const left = withConv ? (conv.apply(x) as SymbolicTensor) : x;
      return make({ name: 'layer', ...axis } as never).apply([left, y]) as SymbolicTensor;
    },
  );
};

const products: Family = (rng, seed) => {
  const [batch, rows, columns, inner] = [
    1 + rng.integer(3),
    1 + rng.integer(4),
    1 + rng.integer(4),
    2 + rng.integer(3),
  ];
  const axes = [rng.pick([1, 2]), rng.pick([1, 2])];
  const shapes = [
    axes[0] === 1 ? [batch, inner, rows] : [batch, rows, inner],
    axes[1] === 1 ? [batch, inner, columns] : [batch, columns, inner],
  ];
  const config = { axes: axes as [number, number], normalize: rng.chance(0.5) };
  return graph(
    `${seed}: Dot ${describe(config)} of [${shapes[0]}] and [${shapes[1]}]`,
    shapes,
    (x, y) => L.dot({ name: 'layer', ...config }).apply([x, y]) as SymbolicTensor,
  );
};

const normalization: Family = (rng, seed) => {
  const shape = images(rng, 1 + rng.integer(2), 'channelsLast');
  const axes = rng.shuffle(shape.slice(1).map((_, i) => i + 1)).slice(0, 1 + rng.integer(2));
  const config = {
    ...{ axis: axes.toSorted(), epsilon: rng.pick([1e-3, 0.1]) },
    ...{ scale: rng.chance(0.7), center: rng.chance(0.7) },
  };
  return one(rng, seed, L.layerNormalization as Make, shape, config);
};

const families: readonly Family[] = [
  convolution(L.conv1d as Make, 1, { formats: false }),
  convolution(L.conv2d as Make, 2),
  convolution(L.conv3d as Make, 3),
  convolution(L.conv2dTranspose as Make, 2, { dilates: false }),
  convolution(L.conv3dTranspose as Make, 3, { dilates: false }),
  depthwise(L.depthwiseConv2d as Make, false),
  depthwise(L.separableConv2d as Make, true),
  pooling(L.maxPooling1d as Make, 1),
  pooling(L.averagePooling1d as Make, 1),
  pooling(L.maxPooling2d as Make, 2),
  pooling(L.averagePooling2d as Make, 2),
  pooling(L.maxPooling3d as Make, 3),
  pooling(L.averagePooling3d as Make, 3),
  ...[movement, movement, recurrent, recurrent, recurrent, recurrent, convolutionalRecurrent],
  ...[distributed, merged, products, normalization],
];

/** The number of families: so many seeds in a row have one case of each. */
export const familyCount = families.length;

/** A model of one random layer: the same for the same seed. */
export function randomCase(seed: number): LayerCase {
  return families[seed % families.length](new Rng(`random-layer/${seed}`), `seed ${seed}`);
}
