import '@tensorflow/tfjs-backend-cpu';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exampleBasedScores } from '../../../eval/metrics/index.ts';
import { fanInUniform } from '../../../models/layers/initializers.ts';
import { defineSystem, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import { readCheckpoint } from '../../../models/train/checkpoint.ts';
import { type Evaluate, type TrainSettings, train } from '../../../models/train/fit.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { readRunRecord } from '../../../models/train/run-record.ts';
import { type Stage, stage } from '../../../models/train/stage.ts';
import { Rng } from '../../../src/core/rng.ts';
import { atOneHalf, ensembleTask } from '../../../src/core/task.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import type { Dataset, Sample } from '../../../src/datasets/dataset.ts';
import { synthesize } from '../../../src/datasets/synth/synthesize.ts';
import { frame } from '../../../src/inputs/frame.ts';
import { square } from '../../../src/inputs/rgb.ts';

/** The pixels of a small frame, each with a weight of its own, about the labels of a space that is named. */
const about = defineSystem({
  ...{ name: 'about', id: '–', title: 'about', presets: {}, recipe: [] },
  config: z.strictObject({ labels: z.int(), space: z.string().optional() }),
  reported: { precision: null, recall: null, f1: null },
  inputs: () => ({ frame: frame(square(4)) }),
  build({ labels }, seed) {
    const picture = tf.input({ shape: [4, 4, 3], name: 'frame' });
    const flat = tf.layers.flatten().apply(picture) as SymbolicTensor;
    const kernelInitializer = fanInUniform(seed, 'head') as never;
    const head = tf.layers.dense({
      ...{ units: labels, name: 'probabilities', activation: 'sigmoid' },
      kernelInitializer,
    });
    return tf.model({ inputs: picture, outputs: head.apply(flat) as SymbolicTensor });
  },
});
/** About the labels that the data set is known for. */
const known = about as unknown as System;
const named: System = { ...known, space: ({ space }) => String(space) };

const recipeOf = (fields: Partial<Stage> = {}) => [
  {
    ...stage({
      ...{ name: 'training', epochs: 2, batch: 8, rate: 0.02 },
      ...{ loss: logLoss({ reduction: 'mean' }), optimizer: sgd({ momentum: 0.9 }) },
    }),
    ...fields,
  },
];

interface Asked {
  readonly probabilities: Float32Array;
  readonly truth: Uint8Array;
  readonly samples: number;
  readonly labels: number;
  readonly kind: string;
}

let root: string;
let a2d: Dataset;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-spaces-'));
  await tf.setBackend('cpu');
  await synthesize(join(root, 'data'), { videos: 8, frames: 12, height: 32, seed: 3 });
  a2d = await openA2d(join(root, 'data'), { cacheFolder: join(root, 'cache') });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newFolder = () => join(root, String(++count));

/** @returns what the run is, and what it was asked to score, epoch by epoch */
async function run(settings: Partial<TrainSettings> & Pick<TrainSettings, 'system' | 'config' | 'dataset'>) {
  const asked: Asked[] = [];
  const evaluate: Evaluate = (probabilities, truth, samples, labels, kind) => {
    asked.push({ probabilities: probabilities.slice(), truth: truth.slice(), samples, labels, kind });
    return exampleBasedScores({ probabilities, truth, samples, labels, task: ensembleTask(kind) });
  };
  const result = await train({
    ...{ preset: 'about', recipe: recipeOf(), seed: 3, folder: newFolder(), evaluate },
    ...{ backend: { name: 'cpu', detail: 'JavaScript' } },
    ...settings,
  });
  return { ...result, asked };
}

const actors = ['adult', 'baby', 'ball', 'bird', 'car', 'cat', 'dog'];
const actions = [
  'climbing',
  'crawling',
  'eating',
  'flying',
  'jumping',
  'rolling',
  'running',
  'walking',
  'none',
];

describe('a system about labels of another space', () => {
  it.each([
    ['a2d-actors', actors, 0],
    ['a2d-actions', actions, 1],
  ] as const)('is trained and validated on them, and its record says so: %s', async (space, names, part) => {
    const folder = newFolder();
    const {
      run: record,
      asked,
      epochs,
    } = await run({
      ...{ system: named, config: { labels: names.length, space }, dataset: a2d, folder },
    });
    expect(record.labels).toEqual({
      names,
      codes: names.map((_, i) => i + 1),
      hash: createHash('sha256').update(names.join('\n')).digest('hex'),
      ...{ space, task: 'multi-label' },
    });
    expect(await readRunRecord(folder)).toEqual(record);

    // A label holds where one of the joint ones holds that has its name in it.
    const samples = await a2d.samples('val');
    const joint = await a2d.truth(samples);
    const [{ names: pairs }] = a2d.spaces;
    const wanted = samples.flatMap((_, n) =>
      names.map((name) =>
        Number(pairs.some((pair, i) => pair.split('-')[part] === name && joint[n * pairs.length + i] === 1)),
      ),
    );
    expect(asked).toHaveLength(2);
    for (const { truth, samples: scored, labels, kind } of asked) {
      expect([scored, labels, kind]).toEqual([samples.length, names.length, 'multi-label']);
      expect([...truth]).toEqual(wanted);
    }
    expect(wanted.reduce((sum, holds) => sum + holds, 0)).toBeGreaterThan(samples.length / 2);
    // The loss is against them, too.
    const [, { probabilities }] = asked;
    const loss = -probabilities.reduce((sum, p, i) => sum + Math.log((wanted[i] ? p : 1 - p) + 1e-15), 0);
    expect(epochs[1].validation.loss).toBeCloseTo(loss / samples.length, 4);
  });

  it('is of the space that the data set is known for where it names none', async () => {
    const { run: record, asked } = await run({ system: known, config: { labels: 43 }, dataset: a2d });
    expect(record.labels).toMatchObject({ names: a2d.spaces[0].names, space: 'a2d', task: 'multi-label' });
    const truth = await a2d.truth(await a2d.samples('val'));
    expect([...asked[0].truth]).toEqual([...truth]);
  });

  it.each([
    [
      'that the data set does not know',
      { labels: 7, space: 'a2d-actor' },
      'synthetic-a2d has no labels of that name; received a2d-actor; known: a2d, a2d-actors, a2d-actions',
      2,
    ],
    [
      'that has more of them',
      { labels: 7, space: 'a2d-actions' },
      'about predicts 7 labels, a2d-actions has 9; configure the system for the data set',
      1,
    ],
    [
      'that has fewer',
      { labels: 43, space: 'a2d-actors' },
      'about predicts 43 labels, a2d-actors has 7; configure the system for the data set',
      1,
    ],
  ])('is refused in one line before any work, of a space %s', async (_, config, message, exitCode) => {
    const folder = newFolder();
    const tensors = tf.memory().numTensors;
    await expect(run({ system: named, config, dataset: a2d, folder })).rejects.toMatchObject({
      message,
      exitCode,
    });
    expect(existsSync(folder)).toBe(false);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('a single-label space', () => {
  const labels = {
    name: 'thirds',
    task: 'single-label',
    names: ['low', 'middle', 'high'],
    codes: [1, 2, 3],
  } as const;
  const samplesOf = (split: string, length: number): Sample[] =>
    Array.from({ length }, (_, i) => ({
      ...{ id: `${split}${i}`, video: `${split}${i}`, frame: 1, frameCount: 1 },
    }));
  /** Pictures as bright as their label says, more or less. */
  const thirdOf = (video: string) => new Rng(`third ${video}`).integer(3);
  const dataset: Dataset = {
    ...{ name: 'memory', root: '/memory', spaces: [labels], splits: ['train', 'val'], broken: [] },
    samples: async (split) => samplesOf(split, split === 'train' ? 24 : 12),
    truth: async (samples) =>
      Uint8Array.from(
        samples.flatMap(({ video }) => [0, 1, 2].map((label) => Number(thirdOf(video) === label))),
      ),
    frames: async (video, numbers) =>
      numbers.map(() => {
        const rng = new Rng(video);
        const data = Uint8Array.from({ length: 48 }, () => rng.integer(190) + thirdOf(video) * 32);
        return { width: 4, height: 4, data };
      }),
  };

  /** How many samples' most probable label is theirs: of equal ones, the first. */
  const accuracyOf = ({ probabilities, samples }: Asked) => {
    const right = samplesOf('val', samples).filter(({ video }, n) => {
      const own = [...probabilities.subarray(n * 3, n * 3 + 3)];
      return own.indexOf(Math.max(...own)) === thirdOf(video);
    });
    return right.length / samples;
  };

  it('is scored by the most probable label, whose accuracy says which epoch is kept', async () => {
    const folder = newFolder();
    const result = await run({
      ...{ system: known, config: { labels: 3 }, dataset, folder },
      recipe: recipeOf({ epochs: 8, rate: 0.05 }),
    });
    expect(result.run.labels).toMatchObject({ names: labels.names, space: 'thirds', task: 'single-label' });
    const accuracies = result.asked.map((asked) => {
      expect([asked.samples, asked.labels, asked.kind]).toEqual([12, 3, 'single-label']);
      // One label a sample.
      expect([...asked.truth]).toEqual(
        samplesOf('val', 12).flatMap(({ video }) =>
          [0, 1, 2].map((label) => Number(thirdOf(video) === label)),
        ),
      );
      return accuracyOf(asked);
    });
    // At one half, as labels of which any may hold, the scores would be others.
    const half = result.asked.map((asked) => exampleBasedScores({ ...asked, task: atOneHalf }).f1);
    expect(half).not.toEqual(accuracies);
    for (const [i, { validation }] of result.epochs.entries()) {
      for (const metric of ['precision', 'recall', 'f1'] as const)
        expect(validation[metric], `${metric} of epoch ${i + 1}`).toBeCloseTo(accuracies[i], 12);
    }
    const best = accuracies.indexOf(Math.max(...accuracies)) + 1;
    // Neither the first nor the last of them, and before another that is as good.
    expect(best).toBe(4);
    expect(accuracies[4]).toBe(accuracies[3]);
    expect(result.best.epoch).toBe(best);
    expect(await readCheckpoint(folder, 'best')).toMatchObject({
      epoch: best,
      best: Math.max(...accuracies),
    });
    expect(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')).labels.task).toBe('single-label');
  });

  it('keeps by its loss where the recipe says so', async () => {
    const { best, epochs } = await run({
      ...{ system: known, config: { labels: 3 }, dataset },
      recipe: recipeOf({ epochs: 6, rate: 0.05, keep: { metric: 'loss', best: 'lowest' } }),
    });
    const losses = epochs.map(({ validation }) => validation.loss);
    expect(best.epoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
  });
});
