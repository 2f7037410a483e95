import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, graph, type LayerCase, stack } from './case.ts';
import { tf } from './parity.ts';

const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;
const sequence = [3, 5, 4];

/** Their default, an orthogonal matrix, needs operations that tfjs-core registers only on demand; weights are seeded anyway. */
const seeded = { recurrentInitializer: 'glorotNormal' } as const;

type MakeRecurrent = (config: object) => layers.Layer;
const kinds: readonly [string, MakeRecurrent][] = [
  ['SimpleRNN', (config) => L.simpleRNN({ ...seeded, name: 'rnn', units: 3, ...config } as never)],
  ['GRU', (config) => L.gru({ ...seeded, name: 'rnn', units: 3, ...config } as never)],
  ['LSTM', (config) => L.lstm({ ...seeded, name: 'rnn', units: 3, ...config } as never)],
];

const configs = [
  {},
  { returnSequences: true },
  { goBackwards: true },
  { goBackwards: true, returnSequences: true, useBias: false },
  { activation: 'relu', recurrentActivation: 'sigmoid', returnSequences: true },
  { activation: 'softplus', recurrentActivation: 'softsign' },
  { activation: 'elu', recurrentActivation: 'sigmoid' },
  { recurrentActivation: 'linear', returnSequences: true },
  // ONNX's operators have no such activations: the step is written out.
  { activation: 'swish', recurrentActivation: 'relu6' },
  { activation: 'selu', goBackwards: true, returnSequences: true, useBias: false },
  { dropout: 0.5, recurrentDropout: 0.3 },
];

/** A layer that gives its states too, and one that begins with them. */
function handedOver(make: MakeRecurrent, config: object) {
  return (x: SymbolicTensor, y: SymbolicTensor) => {
    const encoder = make({ ...config, name: 'encoder', returnState: true });
    const [output, ...states] = encoder.apply(x) as SymbolicTensor[];
    const decoder = make({ ...config, name: 'decoder', returnSequences: true, returnState: true });
    return [output, ...states, ...(decoder.apply([y, ...states]) as SymbolicTensor[])];
  };
}

/** The same under masks, where tfjs calls a layer that begins with states only once: it has one output. */
function maskedHandedOver(make: MakeRecurrent, config: object) {
  return (x: SymbolicTensor, y: SymbolicTensor) => {
    const embedding = embedded('embedding')();
    const encoder = make({ name: 'encoder', returnState: true });
    const [output, ...states] = encoder.apply(embedding.apply(x) as SymbolicTensor) as SymbolicTensor[];
    const decoder = make({ name: 'decoder', ...config });
    return [output, ...states, symbol(decoder.apply([symbol(embedding.apply(y)), ...states]))];
  };
}

const embedded = (name: string) => () => L.embedding({ name, inputDim: 6, outputDim: 4, maskZero: true });

const cells = {
  simpleRNNCell: (name: string) => L.simpleRNNCell({ ...seeded, name, units: 3 }),
  gruCell: (name: string) => L.gruCell({ ...seeded, name, units: 2 }),
  lstmCell: (name: string) => L.lstmCell({ ...seeded, name, units: 4 }),
};

const frames = [2, 3, 6, 5, 2];
const convolutional = [
  { kernelSize: 3 },
  { kernelSize: [2, 3], padding: 'same', strides: [2, 1], returnSequences: true },
  {
    kernelSize: 3,
    padding: 'same',
    goBackwards: true,
    returnSequences: true,
    activation: 'relu',
    useBias: false,
  },
  {
    kernelSize: [2, 1],
    dilationRate: 2,
    dataFormat: 'channelsFirst',
    recurrentActivation: 'sigmoid',
    returnSequences: true,
  },
  { kernelSize: 2, activation: 'softmax', recurrentActivation: 'softmax' },
] as const;

/** Recurrent layers and wrappers of them, with and without masks. */
export const recurrentCases: readonly LayerCase[] = [
  ...kinds.flatMap(([name, make]) => [
    ...configs.map((config) => stack(`${name} ${describe(config)}`, sequence, [() => make(config)])),
    stack(`${name} of any length`, sequence, [() => make({ returnSequences: true })], {
      declared: [null, 4],
    }),
    graph(`${name} that begins with another's states`, [sequence, [3, 2, 4]], handedOver(make, {})),
    graph(
      `${name} that begins with another's states, written out`,
      [sequence, [3, 2, 4]],
      handedOver(make, { activation: 'gelu' }),
    ),
    ...[
      {},
      { returnSequences: true },
      { goBackwards: true, returnSequences: true },
      { goBackwards: true },
      { activation: 'mish', returnSequences: true, goBackwards: true },
    ].map((config) =>
      stack(
        `Embedding with mask, ${name} ${describe(config)}`,
        [6, 5],
        [embedded('embedding'), () => make(config)],
        {
          tokens: 4,
        },
      ),
    ),
    stack(
      `Embedding with mask, two ${name} of any length`,
      [6, 5],
      [
        embedded('embedding'),
        () => make({ name: 'first', returnSequences: true }),
        () => make({ name: 'second', returnSequences: true }),
      ],
      { tokens: 4, declared: [null] },
    ),
    ...[{ returnSequences: true }, {}, { activation: 'mish' }].map((config) =>
      graph(
        `Embeddings with masks, ${name} ${describe(config)} that begins with another's states`,
        [
          [6, 5],
          [6, 3],
        ],
        maskedHandedOver(make, config),
        3,
      ),
    ),
  ]),
  stack('Masking, LSTM, Dense', sequence, [
    () => L.reLU({ name: 'relu', maxValue: 0.1 }),
    () => L.masking({ name: 'mask', maskValue: Math.fround(0.1) }),
    () => L.lstm({ ...seeded, name: 'lstm', units: 3, returnSequences: true }),
    () => L.dense({ name: 'dense', units: 2 }),
  ]),
  // tfjs hands the last mask it found to layers whose inputs have none.
  stack(
    'Embedding with mask, LSTM, RepeatVector, GRU under the same mask',
    [6, 5],
    [
      embedded('embedding'),
      () => L.lstm({ ...seeded, name: 'encoder', units: 3 }),
      () => L.repeatVector({ name: 'repeat', n: 5 }),
      () => L.gru({ ...seeded, name: 'decoder', units: 2, returnSequences: true }),
    ],
    { tokens: 3 },
  ),
  ...[false, true].map((goBackwards) =>
    stack(
      `Embedding with mask, LSTM, RepeatVector of fewer steps, GRU ${describe({ goBackwards })}`,
      [6, 5],
      [
        embedded('embedding'),
        () => L.lstm({ ...seeded, name: 'encoder', units: 3 }),
        () => L.repeatVector({ name: 'repeat', n: 3 }),
        () => L.gru({ ...seeded, name: 'decoder', units: 2, returnSequences: true, goBackwards }),
      ],
      { tokens: 3 },
    ),
  ),
  graph(
    'Concatenate of masked sequences, GRU',
    [
      [6, 4],
      [6, 4],
    ],
    (x, y) => {
      const sequences = [x, y].map((value, i) => symbol(embedded(`embedding${i}`)().apply(value)));
      const joined = L.concatenate({ name: 'joined' }).apply(sequences);
      return symbol(
        L.gru({ ...seeded, name: 'gru', units: 3, returnSequences: true }).apply(joined as SymbolicTensor),
      );
    },
    3,
  ),
  graph(
    'Concatenate in time of masked sequences, GRU',
    [
      [6, 4],
      [6, 2],
    ],
    (x, y) => {
      const sequences = [x, y].map((value, i) => symbol(embedded(`embedding${i}`)().apply(value)));
      const joined = L.concatenate({ name: 'joined', axis: 1 }).apply(sequences);
      return symbol(L.gru({ ...seeded, name: 'gru', units: 3 }).apply(joined as SymbolicTensor));
    },
    3,
  ),
  stack(
    'Embedding with mask, Reshape, Softmax under the mask',
    [4, 5],
    [
      () => L.embedding({ name: 'embedding', inputDim: 4, outputDim: 1, maskZero: true }),
      () => L.reshape({ name: 'scores', targetShape: [5] }),
      () => L.softmax({ name: 'softmax', axis: -1 }),
    ],
    { tokens: 4 },
  ),
  ...Object.entries(cells).map(([name, make]) =>
    stack(`RNN of ${name}`, sequence, [
      () => L.rnn({ name: 'rnn', cell: make('cell') as never, returnSequences: true }),
    ]),
  ),
  stack('RNN of stacked cells', sequence, [
    () => L.rnn({ name: 'rnn', cell: Object.entries(cells).map(([name, make]) => make(name)) as never }),
  ]),
  graph("RNN of stacked cells that begins with another's states", [sequence, [3, 2, 4]], (x, y) => {
    const stacked = (name: string) =>
      L.rnn({
        ...{ name, returnState: true, returnSequences: true, goBackwards: true },
        cell: L.stackedRNNCells({ name: 'cells', cells: [cells.lstmCell('a'), cells.gruCell('b')] as never }),
      });
    const [output, ...states] = stacked('first').apply(x) as SymbolicTensor[];
    return [output, ...states, ...(stacked('second').apply([y, ...states]) as SymbolicTensor[])];
  }),
  stack(
    'Embedding with mask, RNN of stacked cells',
    [6, 5],
    [
      embedded('embedding'),
      () =>
        L.rnn({
          name: 'rnn',
          cell: Object.values(cells).map((make, i) => make(`cell${i}`)) as never,
          returnSequences: true,
        }),
    ],
    { tokens: 3 },
  ),
  ...(['concat', 'sum', 'mul', 'ave', null] as const).flatMap((mergeMode) =>
    [true, false].map((returnSequences) =>
      graph(`Bidirectional LSTM ${describe({ mergeMode, returnSequences })}`, [sequence], (x) =>
        symbol(
          L.bidirectional({
            name: 'both',
            layer: L.lstm({ ...seeded, name: 'lstm', units: 3, returnSequences }),
            mergeMode: mergeMode as never,
          }).apply(x),
        ),
      ),
    ),
  ),
  stack(
    'Bidirectional GRU backwards, with mask',
    [6, 5],
    [
      embedded('embedding'),
      () =>
        L.bidirectional({
          name: 'both',
          layer: L.gru({ ...seeded, name: 'gru', units: 3, returnSequences: true, goBackwards: true }),
          mergeMode: 'concat',
        }),
      () =>
        L.bidirectional({
          name: 'last',
          layer: L.simpleRNN({ ...seeded, name: 'rnn', units: 2 }),
          mergeMode: 'sum',
        }),
    ],
    { tokens: 3 },
  ),
  graph(
    'Bidirectional LSTM that gives its states, and one that begins with them',
    [sequence, [3, 2, 4]],
    (x, y) => {
      const both = (name: string) =>
        L.bidirectional({
          name,
          layer: L.lstm({
            ...seeded,
            name: 'lstm',
            units: 3,
            returnSequences: true,
            returnState: true,
          }) as never,
          mergeMode: null as never,
        });
      const [forward, backward, ...states] = both('encoder').apply(x) as SymbolicTensor[];
      return [forward, backward, ...states, ...(both('decoder').apply([y, ...states]) as SymbolicTensor[])];
    },
  ),
  ...convolutional.map((config) =>
    stack(`ConvLSTM2D ${describe(config)}`, frames, [
      () => L.convLstm2d({ ...seeded, name: 'rnn', filters: 3, ...config } as never),
    ]),
  ),
  stack(
    'ConvLSTM2D of any length',
    frames,
    [() => L.convLstm2d({ ...seeded, name: 'rnn', filters: 3, kernelSize: 3, returnSequences: true })],
    { declared: [null, 6, 5, 2] },
  ),
  stack('Bidirectional ConvLSTM2D', frames, [
    () =>
      L.bidirectional({
        name: 'both',
        layer: L.convLstm2d({
          ...seeded,
          name: 'rnn',
          filters: 2,
          kernelSize: 3,
          returnSequences: true,
        }) as never,
        mergeMode: 'concat',
      }),
  ]),
  graph("ConvLSTM2D that begins with another's states", [frames, [2, 2, 6, 5, 2]], (x, y) => {
    const make = (name: string) =>
      L.convLstm2d({ ...seeded, name, filters: 2, kernelSize: 3, padding: 'same', returnState: true });
    const [output, ...states] = make('encoder').apply(x) as SymbolicTensor[];
    return [output, ...states, ...(make('decoder').apply([y, ...states]) as SymbolicTensor[])];
  }),
];
