import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BatchNorm } from '../../../models/layers/batch-norm.ts';
import { fanInUniform } from '../../../models/layers/initializers.ts';
import { defineSystem, type Recipe, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import { ema } from '../../../models/train/averages/ema.ts';
import { swa } from '../../../models/train/averages/swa.ts';
import { checkpointPath, readCheckpoint } from '../../../models/train/checkpoint.ts';
import { type StepProgress, type TrainSettings, train } from '../../../models/train/fit.ts';
import { bce } from '../../../models/train/losses/bce.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { adam } from '../../../models/train/optimizers/adam.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { cosine } from '../../../models/train/schedules/cosine.ts';
import { plateau } from '../../../models/train/schedules/plateau.ts';
import { type Stage, stage } from '../../../models/train/stage.ts';
import { Trainer } from '../../../models/train/trainer.ts';
import { Rng } from '../../../src/core/rng.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { frame } from '../../../src/inputs/frame.ts';
import { square } from '../../../src/inputs/rgb.ts';

type Apply = (x: unknown) => SymbolicTensor;

/** A convolution, a batch norm and a head, whose logits are an output beside the probabilities. */
const small = defineSystem({
  ...{ name: 'small', id: '–', title: 'small', config: z.strictObject({}), presets: {}, recipe: [] },
  reported: { precision: null, recall: null, f1: null },
  inputs: () => ({ frame: frame(square(4)) }),
  build(_, seed) {
    const picture = tf.input({ shape: [4, 4, 3], name: 'frame' });
    const kernel = (name: string) => fanInUniform(seed, name) as never;
    const through =
      (layer: { apply(x: never): unknown }): Apply =>
      (x) =>
        layer.apply(x as never) as SymbolicTensor;
    const conv = { filters: 4, kernelSize: 2, name: 'body.conv', kernelInitializer: kernel('conv') };
    let x = through(tf.layers.conv2d(conv))(picture);
    x = through(new BatchNorm({ name: 'body.bn' }) as never)(x);
    x = through(tf.layers.globalAveragePooling2d({ name: 'pool' }))(x);
    const dense = { units: 2, name: 'logits', kernelInitializer: kernel('head') };
    const logits = through(tf.layers.dense(dense))(x);
    const sigmoid = tf.layers.activation({ activation: 'sigmoid', name: 'probabilities' });
    return tf.model({ inputs: picture, outputs: [through(sigmoid)(logits), logits] });
  },
});

const labels = { name: 'sides', task: 'multi-label', names: ['left', 'right'], codes: [4, 9] } as const;
const dataset: Dataset = {
  ...{ name: 'memory', root: '/memory', spaces: [labels], splits: ['train', 'val'], broken: [] },
  samples: async (split) =>
    Array.from({ length: split === 'train' ? 10 : 4 }, (_, i) => ({
      ...{ id: `${split}${i}/1`, video: `${split}${i}`, frame: 1, frameCount: 1 },
    })),
  truth: async (samples) => Uint8Array.from(samples.flatMap((_, i) => [i % 2, Number(i % 3 === 0)])),
  frames: async (video, numbers) =>
    numbers.map(() => {
      const rng = new Rng(video);
      return { width: 4, height: 4, data: Uint8Array.from({ length: 48 }, () => rng.integer(256)) };
    }),
  labelMap: async () => {
    throw new Error('no maps');
  },
};

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-stages-'));
  await tf.setBackend('cpu');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newFolder = () => join(root, String(++count));
const scores = { precision: 0.25, recall: 0.75, f1: 0.5 };

function run(recipe: Recipe, settings: Partial<TrainSettings> = {}) {
  return train({
    ...{ system: small as unknown as System, preset: 'small', config: {}, recipe, seed: 3, dataset },
    ...{ folder: newFolder(), backend: { name: 'cpu', detail: 'JavaScript' }, evaluate: () => scores },
    ...settings,
  });
}

const base = stage({
  ...{ name: 'base', epochs: 2, batch: 4, rate: 0.1 },
  ...{ loss: logLoss({ reduction: 'mean' }), optimizer: sgd({ momentum: 0.9 }) },
});
const group = (weights: string, more: Partial<Stage['train'][number]> = {}) => ({
  ...{ weights, averages: 'moving' as const },
  ...more,
});

const last = async (folder: string) => (await readCheckpoint(folder, 'last'))!;

/** The names of the weights that a run of one recipe moves. */
async function moved(recipe: Recipe): Promise<string[]> {
  const folder = newFolder();
  await run(recipe, { folder });
  const trainer = new Trainer({ system: small as unknown as System, config: {}, recipe, seed: 3 });
  const before = trainer.state().weights;
  trainer.dispose();
  const { weights } = await last(folder);
  return Object.keys(weights)
    .filter((name) => weights[name].data.join() !== before[name].data.join())
    .sort();
}

describe('a stage trains', () => {
  const body = ['body.conv/kernel', 'body.conv/bias', 'body.bn/gamma', 'body.bn/beta'];
  const averages = ['body.bn/moving_mean', 'body.bn/moving_variance'];
  const head = ['logits/kernel', 'logits/bias'];

  it.each([
    [[group('*')], [...body, ...averages, ...head]],
    [[group('logits/*')], head],
    [
      [group('body.*'), group('*/kernel')],
      [...body, ...averages, 'logits/kernel'],
    ],
    [[group('body.*', { averages: 'kept' })], body],
    [
      [group('*.bn/*'), group('body.conv/bias')],
      ['body.conv/bias', 'body.bn/gamma', 'body.bn/beta', ...averages],
    ],
  ])('the weights of its groups and nothing else: %j', async (train, expected) => {
    // Weight decay would move what has no gradient, too.
    const optimizer = sgd({ momentum: 0.9, weightDecay: 0.1 });
    expect(await moved([{ ...base, train, optimizer }])).toEqual(expected.sort());
  });

  it('each group at its own rate and decay', async () => {
    const first = async (train: Stage['train'], more: Partial<Stage> = {}) => {
      const folder = newFolder();
      await run([{ ...base, epochs: 1, batch: 10, train, ...more }], { folder });
      return (await last(folder)).weights;
    };
    const begin = await first([group('*', { rate: 1e-30 })]);
    const whole = await first([group('*')]);
    const split = await first([group('body.*', { rate: 0.05, decay: 0 }), group('*')]);
    const step = (weights: typeof whole, name: string) => weights[name].data[0] - begin[name].data[0];
    expect(step(split, 'logits/bias')).toBe(step(whole, 'logits/bias'));
    expect(step(split, 'body.bn/beta')).toBeCloseTo(step(whole, 'body.bn/beta') / 2, 6);
    const decaying = await first([group('*', { decay: 0.5 })]);
    expect(step(decaying, 'logits/kernel')).toBeCloseTo(
      step(whole, 'logits/kernel') - 0.1 * 0.5 * begin['logits/kernel'].data[0],
      6,
    );
  });

  it('with the loss of any of the outputs', async () => {
    // Sigmoid's log loss summed over two labels is twice the mean of the cross-entropy of logits.
    const [one, other] = [newFolder(), newFolder()];
    await run([{ ...base, rate: 0.02 }], { folder: one });
    await run([{ ...base, rate: 0.04, loss: bce() }], { folder: other });
    const [{ weights }, { weights: others }] = [await last(one), await last(other)];
    for (const [name, { data }] of Object.entries(weights))
      for (const [i, value] of data.entries()) expect(others[name].data[i]).toBeCloseTo(value, 4);
  });
});

describe('a stage is refused before any work where', () => {
  it.each<[string, Partial<Stage>, string]>([
    [
      'a pattern matches no weight',
      { train: [group('body.*'), group('logit/kernel')] },
      'every group of weights in the recipe must have a weight to train; received "logit/kernel", which matches none; did you mean logits/kernel',
    ],
    [
      'a pattern is like no name',
      { train: [group('layer4.*')] },
      'received "layer4.*", which matches none; there are body.conv/*, body.bn/*, logits/*',
    ],
    [
      'groups before it have all of its weights',
      { train: [group('*'), group('logits/*')] },
      'received "logits/*", whose weights are all in groups before it',
    ],
    [
      'only averages match',
      { train: [group('*/moving_mean')] },
      'received "*/moving_mean", of which only weights are that training never changes by itself',
    ],
    ['it trains nothing', { train: [] }, 'received train: a stage must train something'],
    [
      'its loss is of no output',
      { loss: bce({ output: 'scores' }) },
      'received "scores"; known: probabilities, logits',
    ],
  ])('%s', async (_, change, message) => {
    const folder = newFolder();
    const refused = run([{ ...base, ...change }], { folder });
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(message), exitCode: 2 });
    await expect(readFile(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });

  it('it is a later one, whose number and name are told', async () => {
    const recipe = [base, { ...base, name: 'head', train: [group('fc/*')] }];
    await expect(run(recipe)).rejects.toThrow('every group of weights in stage 2 (head) must have');
  });
});

describe('batches whose gradients make one step', () => {
  it.each(['mean', 'sum'] as const)('do as one batch of them all, by a %s', async (reduction) => {
    const [one, many] = [newFolder(), newFolder()];
    // Without a batch norm in training, whose batches are what they are.
    const train = [group('body.*', { averages: 'kept' }), group('*')];
    const common = { ...base, train, rate: 0.02, loss: logLoss({ reduction }), optimizer: adam() };
    await run([{ ...common, batch: 6 }], { folder: one });
    await run([{ ...common, batch: 2, accumulate: 3 }], { folder: many });
    const [{ weights, slots }, others] = [await last(one), await last(many)];
    for (const [name, { data }] of Object.entries(weights))
      for (const [i, value] of data.entries()) expect(others.weights[name].data[i]).toBeCloseTo(value, 5);
    expect(others.slots.steps).toEqual(slots.steps);
    expect(slots.steps['logits/bias'].data).toEqual(Int32Array.of(4));
  });
});

it('gradients longer than the limit are as long as that', async () => {
  const [free, short] = [newFolder(), newFolder()];
  const common = { ...base, epochs: 1, batch: 10, rate: 1 };
  await run([common], { folder: free });
  await run([{ ...common, clip: 0.01 }], { folder: short });
  const length = async (folder: string) => {
    const { velocity } = (await last(folder)).slots;
    return Math.hypot(...Object.values(velocity).flatMap(({ data }) => [...data]));
  };
  expect(await length(free)).toBeGreaterThan(0.1);
  expect(await length(short)).toBeCloseTo(0.01, 6);
});

describe('averages of weights', () => {
  it('are what is validated, kept and handed on', async () => {
    const folder = newFolder();
    const plain = newFolder();
    const average = swa({ from: 2, every: 3 });
    const [seen, plainly]: number[][][] = [[], []];
    const into = (list: number[][]) => (probabilities: Float32Array) => {
      list.push([...probabilities]);
      return scores;
    };
    await run([{ ...base, average }], { folder, evaluate: into(seen) });
    await run([base], { folder: plain, evaluate: into(plainly) });
    const checkpoint = await last(folder);
    // Steps 2 and 5 of 6.
    expect(checkpoint.average).toEqual({ steps: 6, taken: 2 });
    expect(checkpoint.slots.raw).toEqual((await last(plain)).weights);
    expect(checkpoint.weights).not.toEqual(checkpoint.slots.raw);
    expect(seen[1]).not.toEqual(plainly[1]);

    // At a rate of nothing, the next stage ends where it began: at the averages.
    const frozen = { ...base, name: 'next', epochs: 1, rate: 1e-30, train: [group('logits/*')] };
    const handed = newFolder();
    await run([{ ...base, average }, frozen], { folder: handed });
    expect((await last(handed)).weights).toEqual(checkpoint.weights);
  });
});

/** Aborts once a step of an epoch has been made. */
function stopAt(phase: StepProgress['phase'], epoch: number, step: number) {
  const controller = new AbortController();
  const onProgress = (progress: StepProgress) => {
    if (progress.phase === phase && progress.epoch === epoch && progress.step === step) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

describe('a run of many stages', () => {
  const f1s = [0.5, 0.6, 0.6, 0.6, 0.55, 0.7, 0.7, 0.7, 0.1];
  const f1Of = (epoch: number) => ({ ...scores, f1: f1s[epoch - 1] });
  const recipe: Recipe = [
    {
      ...base,
      name: 'head',
      epochs: 1,
      train: [group('logits/*')],
      optimizer: adam(),
      average: ema({ decay: 0.5 }),
    },
    {
      ...{
        ...base,
        name: 'lowering',
        epochs: 4,
        batch: 2,
        accumulate: 2,
        clip: 0.5,
        average: swa({ from: 2 }),
      },
      schedule: plateau({ patience: 0, factor: 0.5 }),
    },
    { ...base, name: 'first half', schedule: cosine(), optimizer: adam(), epochs: 1, loss: bce() },
    { ...base, name: 'second half', schedule: cosine(), optimizer: adam(), epochs: 2, continues: true },
    { ...base, name: 'by its loss', epochs: 1, keep: { metric: 'loss', best: 'lowest' } },
  ];

  function scored(settings: Partial<TrainSettings> = {}) {
    let epoch = 0;
    return run(recipe, {
      ...settings,
      onProgress: (progress) => {
        epoch = progress.epoch;
        settings.onProgress?.(progress);
      },
      evaluate: () => f1Of(epoch),
    });
  }

  let whole: string;
  let rates: number[];
  const seen = new Set<string>();
  beforeAll(async () => {
    whole = newFolder();
    const { epochs, best } = await scored({
      folder: whole,
      onProgress: ({ stage, epoch }) => seen.add(`${stage.number} of ${stage.count}: ${epoch}`),
    });
    rates = epochs.map(({ learningRate }) => learningRate);
    // Losses cannot be compared with F1s: the last stage has a best of its own.
    expect(best.epoch).toBe(9);
  });

  it('says which stage an epoch is of', () => {
    const stages = recipe.flatMap(({ epochs }, i) => Array<number>(epochs).fill(i + 1));
    expect([...seen]).toEqual(stages.map((stage, i) => `${stage} of ${recipe.length}: ${i + 1}`));
  });

  it('has the rates that its schedules give', () => {
    // Epoch 2 sets the mark of the stage; 3 and 4 and 5 do not pass it. The cosine is of stages three and four.
    const wave = (step: number) => 0.05 * (1 + Math.cos((Math.PI * step) / 9));
    const expected = [0.1, 0.1, 0.1, 0.05, 0.025, wave(2), wave(5), wave(8), 0.1];
    for (const [i, rate] of expected.entries()) expect(rates[i], `epoch ${i + 1}`).toBeCloseTo(rate, 9);
  });

  const places = [
    ...[1, 2, 3].map((step) => ['training', 1, step] as const),
    ...[1, 2, 3, 4, 5].map((step) => ['training', 2, step] as const),
    ...[1, 3, 5].map((step) => ['training', 4, step] as const),
    ...[6, 7, 8, 9].flatMap((epoch) => [1, 3].map((step) => ['training', epoch, step] as const)),
    ...[1, 2, 5, 6, 9].map((epoch) => ['validation', epoch, 1] as const),
  ];
  it.each(places)('stopped in %s of epoch %i, after step %i, ends alike once resumed', async (...place) => {
    const folder = newFolder();
    const tensors = tf.memory().numTensors;
    await expect(scored({ folder, ...stopAt(...place) })).rejects.toThrow('--resume');
    const result = await scored({ folder, resume: true });
    expect(result.epochs.map(({ learningRate }) => learningRate)).toEqual(rates);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const name of ['best', 'last'] as const) {
      const [left, right] = await Promise.all(
        [folder, whole].map((each) => readFile(checkpointPath(each, name))),
      );
      expect(left.equals(right), name).toBe(true);
    }
  });
});
