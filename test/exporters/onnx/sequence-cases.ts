import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, graph, type LayerCase, stack } from './case.ts';
import { tf } from './parity.ts';

const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;

const products = [
  {
    shapes: [
      [2, 5],
      [2, 5],
    ],
    axes: 1,
  },
  {
    shapes: [
      [2, 5],
      [2, 5],
    ],
    axes: -1,
    normalize: true,
  },
  {
    shapes: [
      [2, 4, 5],
      [2, 3, 5],
    ],
    axes: 2,
  },
  {
    shapes: [
      [2, 4, 5],
      [2, 3, 5],
    ],
    axes: -1,
    normalize: true,
  },
  {
    shapes: [
      [2, 4, 5],
      [2, 5, 3],
    ],
    axes: [2, 1],
  },
  {
    shapes: [
      [2, 5, 4],
      [2, 3, 5],
    ],
    axes: [1, 2],
  },
  {
    shapes: [
      [2, 5, 4],
      [2, 5, 3],
    ],
    axes: 1,
  },
  {
    shapes: [
      [2, 4, 5],
      [2, 5],
    ],
    axes: [2, 1],
  },
  {
    shapes: [
      [2, 5, 4],
      [2, 5],
    ],
    axes: 1,
  },
  {
    shapes: [
      [2, 5],
      [2, 5, 3],
    ],
    axes: 1,
  },
  {
    shapes: [
      [2, 5],
      [2, 3, 5],
    ],
    axes: [1, 2],
    normalize: true,
  },
] as const;

/** Layers of tokens and vectors, and wrappers. */
export const sequenceCases: readonly LayerCase[] = [
  stack('RepeatVector', [3, 4], [() => L.repeatVector({ name: 'repeat', n: 5 })]),
  ...products.map(({ shapes, ...config }) =>
    graph(`Dot ${describe(config)} of ${shapes.map((shape) => `[${shape}]`).join(' and ')}`, shapes, (x, y) =>
      symbol(L.dot({ name: 'dot', ...config } as never).apply([x, y])),
    ),
  ),
  stack('Embedding', [3, 4], [() => L.embedding({ name: 'embedding', inputDim: 9, outputDim: 5 })], {
    tokens: 9,
  }),
  stack(
    'Embedding of images of tokens',
    [2, 3, 4],
    [() => L.embedding({ name: 'embedding', inputDim: 9, outputDim: 5 })],
    { tokens: 9 },
  ),
  {
    name: 'Embedding of numbers that are cut to integers',
    inputs: [[3, 4]],
    build: () =>
      tf.sequential({
        name: 'case',
        layers: [
          L.rescaling({ name: 'scale', scale: 1.9, offset: 4, inputShape: [4] }),
          L.embedding({ name: 'embedding', inputDim: 9, outputDim: 2 }),
        ],
      }),
  },
  ...(['multiHot', 'count'] as const).map((outputMode) =>
    stack(
      `CategoryEncoding ${outputMode}`,
      [3, 5],
      [
        () => L.reshape({ name: 'row', targetShape: [5] }),
        () => L.categoryEncoding({ name: 'encode', numTokens: 6, outputMode }),
      ],
      {
        tokens: 6,
      },
    ),
  ),
  stack(
    'CategoryEncoding oneHot',
    [4, 1],
    [
      () => L.reshape({ name: 'row', targetShape: [1] }),
      () => L.categoryEncoding({ name: 'encode', numTokens: 6, outputMode: 'oneHot' }),
    ],
    { tokens: 6 },
  ),
  stack(
    'CategoryEncoding int',
    [3, 5],
    [
      () => L.reshape({ name: 'row', targetShape: [5] }),
      () => L.categoryEncoding({ name: 'encode', numTokens: 6, outputMode: 'int' as never }),
    ],
    {
      tokens: 6,
    },
  ),
  stack(
    'Masking, Dense',
    [3, 5, 2],
    [
      () => L.reLU({ name: 'relu', maxValue: 0.01 }),
      () => L.masking({ name: 'mask', maskValue: 0 }),
      () => L.dense({ name: 'dense', units: 3, useBias: false }),
    ],
  ),
  ...[0, 0.5].map((maskValue) =>
    stack(
      `Masking of whole numbers by ${maskValue}, LSTM`,
      [3, 5, 2],
      [
        () => L.masking({ name: 'mask', maskValue }),
        () => L.lstm({ name: 'lstm', units: 2, recurrentInitializer: 'glorotNormal', returnSequences: true }),
      ],
      { tokens: 3 },
    ),
  ),
  stack(
    'TimeDistributed Dense',
    [2, 4, 3],
    [
      () =>
        L.timeDistributed({
          name: 'steps',
          layer: L.dense({ name: 'dense', units: 5, activation: 'softmax' }),
        }),
    ],
  ),
  stack(
    'TimeDistributed Conv2D, Flatten, of any length',
    [2, 3, 6, 5, 2],
    [
      () =>
        L.timeDistributed({
          name: 'convs',
          layer: L.conv2d({ name: 'conv', filters: 3, kernelSize: 3, strides: 2 }),
        }),
      () => L.timeDistributed({ name: 'flats', layer: L.flatten({ name: 'flat' }) }),
    ],
    { declared: [null, 6, 5, 2] },
  ),
  stack(
    'TimeDistributed LSTM',
    [2, 3, 4, 2],
    [
      () =>
        L.timeDistributed({
          name: 'steps',
          layer: L.lstm({ name: 'lstm', units: 3, recurrentInitializer: 'glorotNormal' }),
        }),
    ],
  ),
  graph('TimeDistributed model', [[2, 3, 4]], (x) => {
    const inner = L.dense({ name: 'inner', units: 4, inputShape: [4], activation: 'tanh' });
    const body = tf.sequential({ name: 'body', layers: [inner, L.dense({ name: 'last', units: 2 })] });
    return symbol(L.timeDistributed({ name: 'steps', layer: body }).apply(x));
  }),
];
