import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleBasedScores } from '../../../eval/metrics/index.ts';
import { type ResolvedSystem, resolveSystem } from '../../../models/index.ts';
import { planOf } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import { type Backend, selectBackend } from '../../../models/train/backend.ts';
import { checkpointPath, readCheckpoint } from '../../../models/train/checkpoint.ts';
import { Course } from '../../../models/train/course.ts';
import {
  type Evaluate,
  type StepProgress,
  type TrainResult,
  type TrainSettings,
  train,
} from '../../../models/train/fit.ts';
import { loadRun } from '../../../models/train/load-run.ts';
import { SampleSource } from '../../../models/train/sample-source.ts';
import type { Stage } from '../../../models/train/stage.ts';
import { a2dLabels } from '../../../src/core/labels.ts';
import { ensembleTask } from '../../../src/core/task.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { synthesize } from '../../../src/datasets/synth/synthesize.ts';

let root: string;
let dataset: Dataset;
let backend: Backend;
/** A run that others are compared with, its steps, and tensors before it, in training and after it. */
let plain: TrainResult;
const steps: StepProgress[] = [];
const tensors: { before: number; training: number[]; after: number } = { before: 0, training: [], after: 0 };
const evaluate: Evaluate = (probabilities, truth, samples, labels, kind) =>
  exampleBasedScores({ probabilities, truth, samples, labels, task: ensembleTask(kind) });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-train-'));
  await synthesize(join(root, 'data'), { videos: 10, frames: 20, height: 48, seed: 3 });
  dataset = await openA2d(join(root, 'data'), { cacheFolder: join(root, 'cache') });
  backend = await selectBackend('wasm');
  tensors.before = tf.memory().numTensors;
  plain = await run('plain', frames(), {
    onProgress: (progress) => {
      steps.push(progress);
      if (progress.phase === 'training') tensors.training.push(tf.memory().numTensors);
    },
  });
  tensors.after = tf.memory().numTensors;
});

afterAll(() => rm(root, { recursive: true, force: true }));

type Changes = Partial<Stage>;

const frames = ({ epochs = 2, ...stages }: Changes = {}) =>
  resolveSystem('pcd-resnet-tiny', {
    config: { size: 32 },
    epochs,
    stages: { batch: 8, rate: 0.02, ...stages },
  });

const clips = ({ epochs = 3, ...stages }: Changes = {}) =>
  resolveSystem('pcd-r2plus1d-tiny', {
    config: { size: 32 },
    epochs,
    stages: { batch: 8, rate: 0.02, ...stages },
  });

function run(name: string, resolved: ResolvedSystem, settings: Partial<TrainSettings> = {}) {
  return train({ ...resolved, seed: 5, dataset, folder: join(root, name), backend, evaluate, ...settings });
}

/** Aborts once training has reached a step. */
function stopAt(epoch: number, step: number) {
  const controller = new AbortController();
  const onProgress = (progress: StepProgress) => {
    if (progress.phase === 'training' && progress.epoch === epoch && progress.step === step)
      controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

const bytesOf = (name: string, checkpoint: 'best' | 'last') =>
  readFile(checkpointPath(join(root, name), checkpoint));

describe('a run', () => {
  test('leaves its record, a line of metrics an epoch, and checkpoints that load', async () => {
    const lines = (await readFile(join(root, 'plain', 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(plain.epochs);
    expect(plain.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(plain.epochs[1].loss).toBeLessThan(plain.epochs[0].loss);

    const { model, run: record, checkpoint } = await loadRun(join(root, 'plain'), 'last');
    expect(record).toEqual(plain.run);
    expect(checkpoint).toEqual({ epoch: 2, validation: plain.epochs[1].validation });
    // The loaded model scores what the run recorded.
    const samples = await dataset.samples('val');
    const source = new SampleSource(dataset, a2dLabels);
    await source.readLabels(samples);
    const { system, config } = frames();
    const inputs = planOf(system, config);
    const { value: batch } = await source.batches(samples, { inputs }, samples.length).next();
    const probabilities = tf.tidy(() =>
      (
        model.apply(
          tf.tensor(batch.inputs.frame.data, [samples.length, 32, 32, 3]),
        ) as import('@tensorflow/tfjs-core').Tensor
      ).dataSync(),
    ) as Float32Array;
    const scores = evaluate(probabilities, Uint8Array.from(batch.truth), samples.length, 43, 'multi-label');
    expect(scores).toEqual({
      precision: checkpoint.validation!.precision,
      recall: checkpoint.validation!.recall,
      f1: checkpoint.validation!.f1,
    });
    let loss = 0;
    for (const [i, p] of probabilities.entries()) loss -= Math.log((batch.truth[i] ? p : 1 - p) + 1e-15);
    expect(loss / samples.length).toBeCloseTo(checkpoint.validation!.loss, 4);
    model.dispose();
  });

  test('tells its loss, rate, speed and time left at every step', () => {
    const training = steps.filter(({ phase }) => phase === 'training');
    expect(training.map(({ epoch, step, steps }) => `${epoch}:${step}/${steps}`)).toEqual([
      '1:1/3',
      '1:2/3',
      '1:3/3',
      '2:1/3',
      '2:2/3',
      '2:3/3',
    ]);
    expect(training[0].learningRate).toBe(0.02);
    expect(training[5].learningRate).toBeLessThan(0.002);
    for (const { loss, samplesPerSecond, secondsLeft } of training) {
      expect(loss).toBeGreaterThan(0);
      expect(samplesPerSecond).toBeGreaterThan(0);
      expect(secondsLeft).toBeGreaterThanOrEqual(0);
    }
    expect(steps[steps.length - 1]).toMatchObject({ phase: 'validation', epoch: 2, loss: null });
    expect(steps[steps.length - 1].secondsLeft).toBeCloseTo(0, 6);
  });

  test('holds no more tensors at its end than before it, nor in training than after its first step', () => {
    expect(tensors.training).toHaveLength(6);
    expect(new Set(tensors.training).size).toBe(1);
    expect(tensors.after).toBe(tensors.before);
  });

  test('is the same for the same seed, and another for another', async () => {
    await run('again', frames());
    await run('other', frames(), { seed: 6 });
    const last = await bytesOf('plain', 'last');
    expect((await bytesOf('again', 'last')).equals(last)).toBe(true);
    expect((await bytesOf('other', 'last')).equals(last)).toBe(false);
  });

  test('keeps the best epoch beside the last', async () => {
    const f1s = [0.1, 0.4, 0.4, 0.2];
    const result = await run('best', frames({ epochs: 4 }), {
      evaluate: () => ({ precision: 0, recall: 0, f1: f1s.shift()! }),
    });
    expect(result.best.epoch).toBe(2);
    expect((await loadRun(join(root, 'best'), 'best')).checkpoint).toMatchObject({
      epoch: 2,
      validation: { f1: 0.4 },
    });
    expect((await loadRun(join(root, 'best'), 'last')).checkpoint).toMatchObject({
      epoch: 4,
      validation: { f1: 0.2 },
    });
  });
});

describe('stopped and resumed', () => {
  test.each([
    [1, 1],
    [2, 2],
    [2, 3],
  ])('in epoch %i after step %i, it ends with the same bytes', async (epoch, step) => {
    const name = `stopped-${epoch}-${step}`;
    await expect(run(name, frames(), stopAt(epoch, step))).rejects.toThrow(/stopped in .*--resume/);
    const { epochs } = await run(name, frames(), { resume: true });
    expect(epochs.map((record) => record.epoch)).toEqual([1, 2]);
    for (const checkpoint of ['best', 'last'] as const) {
      expect((await bytesOf(name, checkpoint)).equals(await bytesOf('plain', checkpoint)), checkpoint).toBe(
        true,
      );
    }
  });

  test('with every augmentation and a batch that does not divide the data', async () => {
    const resolved = frames({ augment: ['flip', 'scale', 'crop', 'rotate', 'blur'], batch: 7 });
    await run('augmented', resolved);
    await expect(run('augmented-stopped', resolved, stopAt(2, 2))).rejects.toThrow(/step 2 of 4/);
    await run('augmented-stopped', resolved, { resume: true });
    expect((await bytesOf('augmented-stopped', 'last')).equals(await bytesOf('augmented', 'last'))).toBe(
      true,
    );
  });

  test('across the stages of a curriculum', async () => {
    await run('clips', clips());
    await expect(run('clips-stopped', clips(), stopAt(2, 1))).rejects.toThrow(/--resume/);
    await run('clips-stopped', clips(), { resume: true });
    expect((await bytesOf('clips-stopped', 'last')).equals(await bytesOf('clips', 'last'))).toBe(true);
    const { slots, weights } = (await readCheckpoint(join(root, 'clips'), 'last'))!;
    expect(Object.keys(weights)).toEqual(expect.arrayContaining(Object.keys(slots.velocity)));
  });

  test('a finished run has nothing left to do', async () => {
    const before = await bytesOf('plain', 'last');
    const result = await run('plain', frames(), { resume: true });
    expect(result.epochs).toHaveLength(2);
    expect((await bytesOf('plain', 'last')).equals(before)).toBe(true);
  });
});

test('the curriculum of R(2+1)D goes from 4 over 8 to 16 frames', () => {
  const { recipe, system, config } = resolveSystem('pcd-r2plus1d', {});
  const framesOf = (own: Readonly<Record<string, unknown>>) => planOf(system, own).sizes.length;
  const course = new Course(recipe, { config, framesOf }, { training: 8, validation: 1 });
  const stages = Array.from({ length: 95 }, (_, i) => {
    const { config: own } = course.at(i + 1);
    // All else is the system's own.
    expect({ ...own, frames: config.frames, speed: config.speed }).toEqual(config);
    return { frames: own.frames, speed: own.speed };
  });
  expect(stages[0]).toEqual({ frames: 4, speed: 2 });
  expect(stages[31]).toEqual({ frames: 4, speed: 2 });
  expect(stages[32]).toEqual({ frames: 8, speed: 2 });
  expect(stages[63]).toEqual({ frames: 16, speed: 1 });
  expect(stages[94]).toEqual({ frames: 16, speed: 1 });
});

test('a run that never came to a checkpoint is begun anew without further ado', async () => {
  await run('begun', frames({ epochs: 1 }));
  await rm(join(root, 'begun', 'checkpoints'), { recursive: true });
  const { epochs } = await run('begun', frames({ epochs: 1, batch: 4 }));
  expect(epochs).toHaveLength(1);
});

describe('refuses', () => {
  test('to train over a run without being told to resume', async () => {
    await expect(run('plain', frames())).rejects.toThrow(/already holds a run.*--resume/);
  });

  test('to resume with another recipe, naming it', async () => {
    await expect(run('plain', frames({ batch: 4 }), { resume: true })).rejects.toThrow(
      /another recipe; received 4 for batch of stage 1, where the run has 8/,
    );
    await expect(run('plain', frames(), { resume: true, seed: 9 })).rejects.toThrow(
      /another seed; received 9/,
    );
  });

  test('a recipe that makes no sense, as wrong usage', async () => {
    await expect(run('nonsense', frames({ epochs: 0 }))).rejects.toMatchObject({
      message: expect.stringMatching(/epochs/),
      exitCode: 2,
    });
  });

  test('a system with another number of labels', async () => {
    const resolved = resolveSystem('pcd-resnet-tiny', { config: { size: 32, labels: 7 } });
    await expect(run('labels', resolved)).rejects.toThrow(/7 labels.*43/);
  });

  test('to go on once the loss is not a number', async () => {
    await expect(run('diverged', frames({ rate: 1e30, epochs: 4 }))).rejects.toThrow(
      /diverged.*smaller --learning-rate/,
    );
  });

  test('a damaged checkpoint, naming the file', async () => {
    await run('damaged', frames({ epochs: 1 }));
    const path = checkpointPath(join(root, 'damaged'), 'last');
    await writeFile(path, (await readFile(path)).subarray(0, 5000));
    await expect(run('damaged', frames({ epochs: 1 }), { resume: true })).rejects.toThrow(path);
    await expect(loadRun(join(root, 'damaged'), 'last')).rejects.toThrow(path);
    await expect(loadRun(join(root, 'nowhere'), 'last')).rejects.toThrow(/no training run/);
  });
});

describe('backends', () => {
  test('an unknown one is wrong usage', async () => {
    await expect(selectBackend('tpu' as never)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/known: auto/),
    });
  });

  test('what passes the self-test is told from what does not', async () => {
    const { checkGradients } = await import('../../../models/train/gradient-check.ts');
    await selectBackend('wasm');
    expect(checkGradients()).toBeNull();
    // As in tfjs 4.22: the search for a window's maximum starts at the smallest positive number.
    const ours = tf.getKernel('MaxPoolGrad', 'wasm');
    tf.unregisterKernel('MaxPoolGrad', 'wasm');
    tf.registerKernel({
      ...ours,
      kernelFunc: (call) => {
        const output = tf.relu(call.inputs.output as import('@tensorflow/tfjs-core').Tensor);
        return ours.kernelFunc({ ...call, inputs: { ...call.inputs, output } });
      },
    });
    try {
      expect(checkGradients()).toMatch(/the gradient of stem gives/);
      await expect(selectBackend('wasm')).rejects.toThrow(/wasm backend does not work here.*wrong gradients/);
    } finally {
      tf.unregisterKernel('MaxPoolGrad', 'wasm');
      tf.registerKernel(ours);
    }
    expect(await selectBackend('wasm')).toEqual({
      name: 'wasm',
      detail: expect.stringMatching(/XNNPACK, SIMD/),
    });
  });
});
