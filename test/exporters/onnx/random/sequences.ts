import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { Rng } from '../../../../src/core/rng.ts';
import { activations, describe, graph, type LayerCase } from '../case.ts';
import { tf } from '../parity.ts';
import {
  anyShape,
  cycled,
  type Families,
  type Family,
  gateActivations,
  images,
  type Make,
  middleAxes,
  one,
  recurrentInitializer,
  stepActivations,
} from './family.ts';

const L = tf.layers;

const kinds: Readonly<Record<string, Make>> = {
  SimpleRNN: L.simpleRNN as unknown as Make,
  GRU: L.gru as unknown as Make,
  LSTM: L.lstm as unknown as Make,
};

const cells: readonly Make[] = [L.simpleRNNCell, L.gruCell, L.lstmCell] as unknown as Make[];

/** What a recurrent layer or cell computes in a step. */
function stepConfig(rng: Rng, hasGates: boolean) {
  return {
    ...{ units: 1 + rng.integer(4), recurrentInitializer, useBias: rng.chance(0.7) },
    activation: rng.chance(0.5) ? 'tanh' : rng.pick(stepActivations),
    ...(hasGates && { recurrentActivation: rng.pick(gateActivations) }),
  };
}

function sequenceConfig(rng: Rng) {
  return {
    ...{ returnSequences: rng.chance(0.5), goBackwards: rng.chance(0.3), returnState: rng.chance(0.3) },
  };
}

/** A layer over sequences of any length; with a mask, over those of an embedding. */
function overSteps(rng: Rng, make: Make, config: object, isMasked: boolean) {
  const [batch, steps, size] = [1 + rng.integer(4), 1 + rng.integer(6), 1 + rng.integer(4)];
  const embedding = () => L.embedding({ name: 'embedding', inputDim: 4, outputDim: size, maskZero: true });
  return one(rng, make, isMasked ? [batch, steps] : [batch, steps, size], config, {
    free: [1],
    ...(isMasked ? { tokens: 4, before: [embedding] } : { integers: true }),
  });
}

/** A layer that begins with states, which are inputs too. */
function fromStates(rng: Rng, kind: string, config: { units: number }): LayerCase {
  const batch = 1 + rng.integer(4);
  const states = Array<number[]>(kind === 'LSTM' ? 2 : 1).fill([batch, config.units]);
  const shapes = [[batch, 1 + rng.integer(6), 1 + rng.integer(4)], ...states];
  return graph(
    `${describe(config)} of [${shapes[0]}] that begins with states`,
    shapes,
    (...inputs) => kinds[kind]({ ...config, name: 'layer' } as never).apply(inputs) as SymbolicTensor,
  );
}

function recurrent(kind: string): Family {
  return (rng, seed) => {
    const config = { ...stepConfig(rng, kind !== 'SimpleRNN'), ...sequenceConfig(rng) };
    if (seed % 4 === 2) return fromStates(rng, kind, config);
    return overSteps(rng, kinds[kind], config, cycled([false, true], seed));
  };
}

/** One cell, or a stack of them. */
const recurrentOfCells: Family = (rng, seed) => {
  const count = cycled([2, 3, 2, 3, 1], seed);
  const configs = Array.from({ length: count }, () => {
    const kind = rng.integer(cells.length);
    return { kind, ...stepConfig(rng, kind > 0) };
  });
  const made = () =>
    configs.map(({ kind, ...config }, i) => cells[kind]({ ...config, name: `cell${i}` } as never));
  const isStacked = rng.chance(0.5);
  const cell = () =>
    isStacked
      ? L.stackedRNNCells({ name: 'stack', cells: made() as never })
      : count === 1
        ? made()[0]
        : made();
  const sequence = sequenceConfig(rng);
  const make: Make = ({ name }: { name: string }) => L.rnn({ ...sequence, name, cell: cell() as never });
  return overSteps(rng, make, { ...sequence, isStacked, configs }, rng.chance(0.5));
};

const bidirectional: Family = (rng, seed) => {
  const kind = rng.pick(Object.keys(kinds));
  const config = { ...stepConfig(rng, kind !== 'SimpleRNN'), ...sequenceConfig(rng) };
  const mergeMode = cycled(['concat', 'sum', null, 'mul', 'ave'], seed);
  const make: Make = ({ name }: { name: string }) =>
    L.bidirectional({
      ...{ name, mergeMode: mergeMode as never },
      layer: kinds[kind]({ ...config, name: 'inner' } as never) as never,
    });
  return overSteps(rng, make, { layer: kind, ...config, mergeMode }, rng.chance(0.5));
};

/** A layer, or a model, on every step of a sequence of images. */
const distributed: Family = (rng, seed) => {
  const conv = () =>
    L.conv2d({ name: 'inner', filters: 3, kernelSize: 2, padding: 'same', activation: 'relu' });
  const name = rng.pick(activations);
  const inner = cycled<(frame: number[]) => layers.Layer>(
    [
      conv,
      () => L.dense({ name: 'inner', units: 3, activation: 'softmax' }),
      (frame) =>
        tf.sequential({
          name: 'inner',
          layers: [
            L.conv2d({ name: 'conv', filters: 2, kernelSize: 2, inputShape: frame }),
            L.globalMaxPooling2d({ name: 'pool', dataFormat: 'channelsLast' }),
          ],
        }),
      () => L.batchNormalization({ name: 'inner' }),
      () => L.flatten({ name: 'inner' }),
      () => L.globalAveragePooling2d({ name: 'inner', dataFormat: 'channelsLast' }),
      () => L.maxPooling2d({ name: 'inner', poolSize: 2 }),
      () => L.permute({ name: 'inner', dims: [3, 1, 2] }),
      () => L.activation({ name: 'inner', activation: name as never }),
    ],
    seed,
  );
  const [batch, ...frame] = images(rng, 2, 'channelsLast');
  const config = { layer: inner(frame).getClassName() };
  const anyFrame = ['Conv2D', 'Dense', 'GlobalAveragePooling2D', 'Activation'].includes(config.layer);
  const make: Make = ({ name }: { name: string }) => L.timeDistributed({ name, layer: inner(frame) });
  return one(rng, make, [batch, 1 + rng.integer(4), ...frame], config, {
    free: anyFrame ? [1, 2, 3] : [1],
  });
};

const embedding: Family = (rng, seed) => {
  const shape = anyShape(rng, cycled([2, 3, 4], seed));
  const inputDim = 1 + rng.integer(9);
  const config = { inputDim, outputDim: 1 + rng.integer(4), maskZero: rng.chance(0.3) };
  const free = [...shape.keys()].slice(1);
  return one(rng, L.embedding as Make, shape, config, { tokens: inputDim, free });
};

/** Steps that a cut-off has made equal, masked for what comes after. */
const masking: Family = (rng, seed) => {
  const [batch, , ...rest] = anyShape(rng, cycled([3, 3, 4, 2], seed));
  const shape = [batch, 1 + rng.integer(5), ...rest.map(() => 1 + rng.integer(2))];
  const [maxValue, isHigh] = [Math.fround(rng.uniform(0.1, 1)), rng.chance(0.5)];
  const returnSequences = rng.chance(0.5);
  const after = {
    ...{ none: [], dense: [() => L.dense({ name: 'after', units: 2 })] },
    gru: [() => L.gru({ name: 'after', units: 2, recurrentInitializer, returnSequences })],
    lstm: [() => L.lstm({ name: 'after', units: 2, recurrentInitializer, returnSequences: true })],
  };
  const next =
    shape.length === 3
      ? cycled(['gru', 'lstm', 'dense'] as const, seed)
      : rng.pick(['none', 'dense'] as const);
  return one(
    rng,
    L.masking as Make,
    shape,
    { maskValue: isHigh ? maxValue : 0 },
    {
      free: middleAxes(shape),
      before: [() => L.reLU({ name: 'cut', maxValue })],
      after: after[next],
    },
  );
};

const categoryEncoding: Family = (rng, seed) => {
  const outputMode = cycled(['multiHot', 'count', 'oneHot', 'int'], seed);
  const numTokens = 1 + rng.integer(8);
  const shape = [1 + rng.integer(4), outputMode === 'oneHot' ? 1 : 1 + rng.integer(6)];
  const row = () => L.reshape({ name: 'row', targetShape: shape.slice(1) });
  return one(
    rng,
    L.categoryEncoding as unknown as Make,
    shape,
    { numTokens, outputMode },
    {
      tokens: numTokens,
      before: [row],
    },
  );
};

/** Layers of sequences and tokens, and wrappers. */
export const sequences: Families = {
  ...Object.fromEntries(Object.keys(kinds).map((kind) => [kind, recurrent(kind)])),
  RNN: recurrentOfCells,
  Bidirectional: bidirectional,
  TimeDistributed: distributed,
  Embedding: embedding,
  Masking: masking,
  CategoryEncoding: categoryEncoding,
};
