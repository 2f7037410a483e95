import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { activations, describe, graph, type LayerCase, stack } from './case.ts';
import { imageCases } from './image-cases.ts';
import { tf } from './parity.ts';
import { recurrentCases } from './recurrent-cases.ts';
import { sequenceCases } from './sequence-cases.ts';

const L = tf.layers;

const convolutions = [
  { kernelSize: 3, padding: 'same' },
  { kernelSize: 3, padding: 'valid', useBias: false },
  { kernelSize: [3, 2], padding: 'same', strides: 2 },
  { kernelSize: [1, 5], padding: 'same', strides: [3, 1], activation: 'relu' },
  { kernelSize: 3, padding: 'same', dilationRate: 2 },
  { kernelSize: 3, padding: 'valid', dilationRate: [2, 1], activation: 'softmax' },
  { kernelSize: 2, padding: 'same', strides: 2, dataFormat: 'channelsFirst', activation: 'tanh' },
  { kernelSize: 1, padding: 'same', strides: 2 },
] as const;

const windows = [
  { poolSize: 2 },
  { poolSize: 3, strides: 2, padding: 'same' },
  { poolSize: [2, 3], strides: [3, 1], padding: 'valid' },
  { poolSize: 3, strides: 1, padding: 'same' },
  { poolSize: 3, strides: 2, padding: 'same', dataFormat: 'channelsFirst' },
] as const;

const image = [2, 9, 8, 3];

export const layerCases: readonly LayerCase[] = [
  ...convolutions.map((config) =>
    stack(`Conv2D ${describe(config)}`, image, [
      () => L.conv2d({ name: 'conv', filters: 4, ...config } as never),
    ]),
  ),
  stack(
    'Conv2D of any extent, same, strided',
    image,
    [() => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, strides: 2, padding: 'same' })],
    { declared: [null, null, 3] },
  ),
  stack(
    'Conv1D same, strided',
    [2, 11, 3],
    [() => L.conv1d({ name: 'conv', filters: 4, kernelSize: 3, strides: 2, padding: 'same' })],
  ),
  stack(
    'Conv1D dilated',
    [2, 11, 3],
    [() => L.conv1d({ name: 'conv', filters: 4, kernelSize: 3, dilationRate: 2, activation: 'relu' })],
  ),
  stack(
    'Conv3D same, strided',
    [2, 5, 6, 7, 2],
    [() => L.conv3d({ name: 'conv', filters: 3, kernelSize: [3, 2, 3], strides: 2, padding: 'same' })],
  ),
  ...[
    { kernelSize: 3, padding: 'same', strides: 2 },
    { kernelSize: [2, 3], padding: 'valid', depthMultiplier: 2, useBias: false, activation: 'relu6' },
    { kernelSize: 3, padding: 'same', dataFormat: 'channelsFirst' },
  ].map((config) =>
    stack(`DepthwiseConv2D ${describe(config)}`, image, [
      () => L.depthwiseConv2d({ name: 'conv', ...config } as never),
    ]),
  ),
  ...[
    { kernelSize: 3, padding: 'same', depthMultiplier: 2 },
    { kernelSize: 3, padding: 'valid', strides: 2, useBias: false, activation: 'sigmoid' },
    { kernelSize: 3, padding: 'same', dilationRate: 2 },
  ].map((config) =>
    stack(`SeparableConv2D ${describe(config)}`, image, [
      () => L.separableConv2d({ name: 'conv', filters: 5, ...config } as never),
    ]),
  ),
  ...windows.flatMap((config) => [
    stack(`MaxPooling2D ${describe(config)}`, image, [
      () => L.maxPooling2d({ name: 'pool', ...config } as never),
    ]),
    stack(`AveragePooling2D ${describe(config)}`, image, [
      () => L.averagePooling2d({ name: 'pool', ...config } as never),
    ]),
  ]),
  stack(
    'MaxPooling1D',
    [2, 9, 3],
    [() => L.maxPooling1d({ name: 'pool', poolSize: 3, strides: 2, padding: 'same' })],
  ),
  stack(
    'AveragePooling3D',
    [2, 4, 5, 6, 3],
    [() => L.averagePooling3d({ name: 'pool', poolSize: 2, strides: 2, padding: 'same' } as never)],
  ),
  stack(
    'MaxPooling3D',
    [2, 4, 5, 6, 3],
    [() => L.maxPooling3d({ name: 'pool', poolSize: [1, 2, 2], strides: 2 } as never)],
  ),
  stack('AveragePooling1D', [2, 9, 3], [() => L.averagePooling1d({ name: 'pool', poolSize: 2 })]),
  stack('GlobalMaxPooling1D', [2, 9, 3], [() => L.globalMaxPooling1d({ name: 'pool' })]),
  stack('GlobalAveragePooling1D', [2, 9, 3], [() => L.globalAveragePooling1d({ name: 'pool' })]),
  ...(['channelsLast', 'channelsFirst'] as const).flatMap((dataFormat) => [
    stack(`GlobalAveragePooling2D ${dataFormat}`, image, [
      () => L.globalAveragePooling2d({ name: 'pool', dataFormat }),
    ]),
    stack(`GlobalMaxPooling2D ${dataFormat} after Conv2D`, image, [
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat }),
      () => L.globalMaxPooling2d({ name: 'pool', dataFormat }),
    ]),
  ]),
  stack('Dense', [3, 7], [() => L.dense({ name: 'dense', units: 5, activation: 'softmax' })]),
  stack('Dense without bias', [3, 7], [() => L.dense({ name: 'dense', units: 5, useBias: false })]),
  stack(
    'Dense on the last axis of rank 3',
    [3, 4, 7],
    [() => L.dense({ name: 'dense', units: 5, activation: 'mish' })],
  ),
  ...(['channelsLast', 'channelsFirst'] as const).map((dataFormat) =>
    stack(`Flatten ${dataFormat} after Conv2D, before Dense`, image, [
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat }),
      () => L.flatten({ name: 'flatten', dataFormat }),
      () => L.dense({ name: 'dense', units: 3 }),
    ]),
  ),
  stack('Reshape after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.reshape({ name: 'reshape', targetShape: [6, null as never, 7] }),
  ]),
  stack('Reshape of one channel', image, [
    () => L.conv2d({ name: 'conv', filters: 1, kernelSize: 3 }),
    () => L.reshape({ name: 'reshape', targetShape: [7, 6] }),
  ]),
  stack('Permute after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.permute({ name: 'permute', dims: [3, 1, 2] }),
  ]),
  ...activations.map((activation) =>
    stack(`Activation ${activation} after Conv2D`, image, [
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
      () => L.activation({ name: 'activation', activation: activation as never }),
    ]),
  ),
  stack('ReLU', image, [() => L.reLU({ name: 'relu' })]),
  stack('ReLU with a maximum', image, [() => L.reLU({ name: 'relu', maxValue: 0.7 })]),
  stack('LeakyReLU', image, [() => L.leakyReLU({ name: 'relu', alpha: 0.15 })]),
  stack('ELU', image, [() => L.elu({ name: 'elu' })]),
  stack('ThresholdedReLU', image, [() => L.thresholdedReLU({ name: 'relu', theta: 0.4 })]),
  stack('PReLU', image, [() => L.prelu({ name: 'prelu' })]),
  stack('PReLU of shared slopes after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.prelu({ name: 'prelu', sharedAxes: [1, 2] }),
  ]),
  stack('Softmax', [3, 7], [() => L.softmax({ name: 'softmax' })]),
  stack('Softmax over the channels after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.softmax({ name: 'softmax', axis: -1 }),
  ]),
  stack('BatchNormalization of rank 2', [3, 7], [() => L.batchNormalization({ name: 'bn' })]),
  stack('BatchNormalization before Conv2D', image, [
    () => L.batchNormalization({ name: 'bn', epsilon: 0.1 }),
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
  ]),
  stack('BatchNormalization after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.batchNormalization({ name: 'bn' }),
  ]),
  stack('BatchNormalization without scale and centre after DepthwiseConv2D', image, [
    () => L.depthwiseConv2d({ name: 'conv', kernelSize: 3, depthMultiplier: 2, useBias: false }),
    () => L.batchNormalization({ name: 'bn', scale: false, center: false }),
  ]),
  {
    ...stack('BatchNormalization over axis 1', image, [
      () => L.batchNormalization({ name: 'bn', axis: 1 }),
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }),
    ]),
    // tfjs 4.22's cpu and wasm kernels apply such statistics element by element, not along the axis.
    reference: stack('', image, [
      () => L.permute({ name: 'last', dims: [2, 3, 1] }),
      () => L.batchNormalization({ name: 'bn' }),
      () => L.permute({ name: 'first', dims: [3, 1, 2] }),
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' }),
    ]).build,
  },
  ...(
    [
      1,
      [
        [0, 1],
        [2, 0],
      ],
    ] as const
  ).flatMap((padding) =>
    (['channelsLast', 'channelsFirst'] as const).map((dataFormat) =>
      stack(`ZeroPadding2D ${describe({ padding, dataFormat })}`, image, [
        () => L.zeroPadding2d({ name: 'pad', padding: padding as never, dataFormat }),
      ]),
    ),
  ),
  stack('ZeroPadding2D, Conv2D valid, strided', image, [
    () =>
      L.zeroPadding2d({
        name: 'pad',
        padding: [
          [1, 2],
          [0, 1],
        ],
      }),
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3, strides: 2 }),
  ]),
  stack('ZeroPadding2D, MaxPooling2D', image, [
    () => L.zeroPadding2d({ name: 'pad', padding: 1 }),
    () => L.maxPooling2d({ name: 'pool', poolSize: 3, strides: 2 }),
  ]),
  stack('ReLU, ZeroPadding2D, MaxPooling2D', image, [
    () => L.reLU({ name: 'relu' }),
    () => L.zeroPadding2d({ name: 'pad', padding: 1 }),
    () => L.maxPooling2d({ name: 'pool', poolSize: 3, strides: 2 }),
  ]),
  stack('ZeroPadding2D, AveragePooling2D', image, [
    () => L.zeroPadding2d({ name: 'pad', padding: 1 }),
    () => L.averagePooling2d({ name: 'pool', poolSize: 3, strides: 2 }),
  ]),
  stack('Cropping2D', image, [
    () =>
      L.cropping2D({
        name: 'crop',
        cropping: [
          [1, 0],
          [2, 3],
        ],
      }),
  ]),
  stack(
    'Conv2D of one channel, Cropping2D of any extent',
    image,
    [
      () => L.conv2d({ name: 'conv', filters: 1, kernelSize: 3 }),
      () =>
        L.cropping2D({
          name: 'crop',
          cropping: [
            [0, 0],
            [0, 1],
          ],
        }),
    ],
    { declared: [null, null, 3] },
  ),
  stack('UpSampling2D nearest', image, [() => L.upSampling2d({ name: 'up', size: [2, 3] })]),
  stack('UpSampling2D bilinear', image, [
    () => L.upSampling2d({ name: 'up', size: [3, 2], interpolation: 'bilinear' }),
  ]),
  stack('UpSampling2D bilinear channelsFirst between convolutions of channels last', image, [
    () => L.conv2d({ name: 'before', filters: 4, kernelSize: 3 }),
    () =>
      L.upSampling2d({ name: 'up', size: [2, 2], interpolation: 'bilinear', dataFormat: 'channelsFirst' }),
    () => L.conv2d({ name: 'after', filters: 4, kernelSize: 3 }),
  ]),
  ...([L.add, L.multiply, L.average, L.maximum, L.minimum] as const).map((merge) =>
    graph(
      `${merge({}).getClassName()} of three`,
      [image, image, image],
      (...xs) => merge({ name: 'merge' }).apply(xs) as SymbolicTensor,
    ),
  ),
  graph('Multiply of Conv2D by its own mean (squeeze and excitation)', [image], (x) => {
    const y = L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }).apply(x) as SymbolicTensor;
    const pooled = L.globalAveragePooling2d({ name: 'pool' }).apply(y) as SymbolicTensor;
    const gate = L.dense({ name: 'gate', units: 4, activation: 'sigmoid' }).apply(pooled);
    const spread = L.reshape({ name: 'spread', targetShape: [1, 1, 4] }).apply(gate) as SymbolicTensor;
    return L.multiply({ name: 'scaled' }).apply([y, spread]) as SymbolicTensor;
  }),
  graph('Multiply by one channel (attention), the map as second output', [image], (x) => {
    const y = L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }).apply(x) as SymbolicTensor;
    const map = L.conv2d({ name: 'map', filters: 1, kernelSize: 1, activation: 'sigmoid' }).apply(y);
    const scaled = L.multiply({ name: 'scaled' }).apply([y, map as SymbolicTensor]) as SymbolicTensor;
    return [scaled, L.reshape({ name: 'attention', targetShape: [7, 6] }).apply(map) as SymbolicTensor];
  }),
  graph(
    'Add of ranks 2 and 4',
    [image, [2, 3]],
    (x, y) =>
      L.add({ name: 'sum' }).apply([
        L.conv2d({ name: 'conv', filters: 3, kernelSize: 3 }).apply(x) as SymbolicTensor,
        y,
      ]) as SymbolicTensor,
  ),
  ...[-1, 1, 3].map((axis) =>
    graph(`Concatenate along ${axis} of a convolution and an input`, [image, image], (x, y) => {
      const conv = L.conv2d({ name: 'conv', filters: 3, kernelSize: 3, padding: 'same' });
      return L.concatenate({ name: 'joined', axis }).apply([
        conv.apply(x) as SymbolicTensor,
        y,
      ]) as SymbolicTensor;
    }),
  ),
  stack('Dropout and noise', image, [
    () => L.dropout({ name: 'dropout', rate: 0.5 }),
    () => L.gaussianNoise({ name: 'noise', stddev: 1 }),
    () => L.gaussianDropout({ name: 'drop', rate: 0.3 }),
    () => L.alphaDropout({ name: 'alpha', rate: 0.3 }),
  ]),
  stack('SpatialDropout1D', [2, 9, 3], [() => L.spatialDropout1d({ name: 'dropout', rate: 0.5 })]),
  graph('a layer that is shared', [image, image], (x, y) => {
    const conv = L.conv2d({ name: 'conv', filters: 3, kernelSize: 3 });
    const normalize = (name: string, value: SymbolicTensor) =>
      L.batchNormalization({ name }).apply(conv.apply(value)) as SymbolicTensor;
    return L.add({ name: 'sum' }).apply([normalize('bn0', x), normalize('bn1', y)]) as SymbolicTensor;
  }),
  graph('a nested model that is shared, with a nested sequential model', [image, image], (x, y) => {
    const inner = tf.input({ shape: image.slice(1), name: 'inner' });
    const body = tf.sequential({
      name: 'body',
      layers: [
        L.conv2d({ name: 'conv', filters: 3, kernelSize: 3, inputShape: image.slice(1) }),
        L.activation({ name: 'relu', activation: 'relu' }),
      ],
    });
    const pooled = L.globalMaxPooling2d({ name: 'pool' }).apply(body.apply(inner)) as SymbolicTensor;
    const encoder = tf.model({ inputs: inner, outputs: pooled, name: 'encoder' });
    const codes = [x, y].map((value) => encoder.apply(value) as SymbolicTensor);
    return L.concatenate({ name: 'codes' }).apply(codes) as SymbolicTensor;
  }),
  {
    name: 'a sequential model that starts with a model',
    inputs: [[3, 7]],
    build: () =>
      tf.sequential({
        name: 'case',
        layers: [
          tf.sequential({ name: 'first', layers: [L.dense({ name: 'a', units: 4, inputShape: [7] })] }),
          L.dense({ name: 'b', units: 2, activation: 'softmax' }),
        ],
      }),
  },
  graph('outputs that are an input, each other, and inside the graph', [[3, 7]], (x) => {
    const y = L.dense({ name: 'a', units: 7 }).apply(x) as SymbolicTensor;
    const z = L.activation({ name: 'b', activation: 'linear' }).apply(y) as SymbolicTensor;
    return [x, y, z, L.dense({ name: 'c', units: 2 }).apply(y) as SymbolicTensor];
  }),
  ...['relu', 'relu6', 'hardSigmoid', 'softsign', 'logSoftmax', 'gelu', 'gelu_new', 'swish'].map(
    (activation) =>
      stack(
        `Activation ${activation} of whole numbers`,
        [3, 7],
        [() => L.activation({ name: 'activation', activation: activation as never })],
        { tokens: 9 },
      ),
  ),
  ...([L.add, L.average, L.maximum] as const).map((merge) =>
    graph(
      `${merge({}).getClassName()} of whole numbers and others`,
      [[3, 7]],
      (x) => {
        const half = L.rescaling({ name: 'half', scale: 0.5 }).apply(x) as SymbolicTensor;
        return merge({ name: 'merge' }).apply([x, half]) as SymbolicTensor;
      },
      9,
    ),
  ),
  ...imageCases,
  ...sequenceCases,
  ...recurrentCases,
];
