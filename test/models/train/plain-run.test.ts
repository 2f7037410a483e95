import '@tensorflow/tfjs-backend-cpu';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GlobalAveragePooling3D } from '../../../models/layers/global-average-pooling3d.ts';
import { fanInUniform } from '../../../models/layers/initializers.ts';
import { defineSystem, type Recipe, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import type { Augmentation } from '../../../models/train/augment/augmentation.ts';
import { checkpointPath, readCheckpoint, writeCheckpoint } from '../../../models/train/checkpoint.ts';
import { type StepProgress, type TrainSettings, train } from '../../../models/train/fit.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { readWeights } from '../../../models/train/model-weights.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import type { EpochRecord } from '../../../models/train/run-record.ts';
import { type BatchPlan, SampleSource } from '../../../models/train/sample-source.ts';
import { constant } from '../../../models/train/schedules/constant.ts';
import { cosine } from '../../../models/train/schedules/cosine.ts';
import { curriculum, type Stage, stage, wholeEpochs } from '../../../models/train/stage.ts';
import { Trainer } from '../../../models/train/trainer.ts';
import { multiHot } from '../../../src/core/labels.ts';
import { Rng } from '../../../src/core/rng.ts';
import type { Dataset, Sample } from '../../../src/datasets/dataset.ts';
import { clip } from '../../../src/inputs/clip.ts';
import { InputPlan } from '../../../src/inputs/plan.ts';
import { square } from '../../../src/inputs/rgb.ts';

interface Plain {
  readonly rate: number;
  readonly cosine: boolean;
  readonly reduction: 'sum' | 'mean';
  readonly momentum: number;
  readonly augment: readonly Augmentation[];
}

const weightDecay = 0.02;

/** Three epochs, in clips that grow. */
function recipeOf({ rate, cosine: isCosine, reduction, momentum, augment }: Plain): Stage[] {
  const whole = stage({
    ...{ name: 'training', epochs: 3, batch: 4, rate, augment: [...augment] },
    loss: logLoss({ reduction, output: 'd' }),
    optimizer: sgd({ momentum, weightDecay }),
    schedule: isCosine ? cosine() : constant(),
  });
  const clips = [
    { frames: 1, speed: 1, until: 0.34 },
    { frames: 2, speed: 2, until: 0.67 },
  ];
  return wholeEpochs(curriculum(whole, clips));
}

/** The first so many epochs of a recipe, all with other fields. */
const changed = (recipe: Recipe, fields: Partial<Stage>, epochs = recipe.length) =>
  recipe.slice(0, epochs).map((stage) => ({ ...stage, ...fields }));

/** Logistic regression on a clip's mean colour: small enough to be worked out by hand, step by step. */
const regression = defineSystem({
  ...{ name: 'regression', id: '–', title: 'regression' },
  config: z.strictObject({ frames: z.int(), speed: z.int(), labels: z.int() }),
  presets: {},
  recipe: recipeOf({ rate: 0.3, cosine: true, reduction: 'mean', momentum: 0.8, augment: ['crop', 'flip'] }),
  reported: { precision: null, recall: null, f1: null },
  inputs: ({ frames, speed }) => ({ clip: clip({ ...square(5), frames, speed }) }),
  build({ frames, labels }, seed) {
    const pictures = tf.input({ shape: [frames, 5, 5, 3], name: 'clip' });
    const mean = new GlobalAveragePooling3D({}).apply(pictures);
    const kernelInitializer = fanInUniform(seed, 'd') as never;
    const head = tf.layers.dense({ units: labels, name: 'd', activation: 'sigmoid', kernelInitializer });
    return tf.model({ inputs: pictures, outputs: head.apply(mean) as SymbolicTensor });
  },
});
const { recipe } = regression;
const config = { frames: 3, speed: 1, labels: 2 };
const seed = 11;

const labels = { name: 'sides', task: 'multi-label', names: ['left', 'right'], codes: [4, 9] } as const;
const splits: Record<string, Sample[]> = Object.fromEntries(
  [
    ['train', 10],
    ['val', 6],
  ].map(([split, count]) => [
    split,
    Array.from({ length: Number(count) }, (_, i) => ({
      ...{ id: `${split}${i}/00002`, video: `${split}${i}`, frame: 2, frameCount: 5 },
    })),
  ]),
);

/** Codes at either end of a line: what a crop may lose. */
const codesOf = ({ video }: Sample) =>
  Uint8Array.from({ length: 42 }, (_, i) =>
    i % 7 === 0 && video.length % 2 ? 4 : i % 7 === 6 && /[0369]$/.test(video) ? 9 : 0,
  );

/** Pictures of 7 × 6 pixels, which lean to one colour where the one label is, and to another where the other is. */
const dataset: Dataset = {
  ...{ name: 'memory', root: '/memory', spaces: [labels], splits: ['train', 'val'], broken: [] },
  samples: async (split) => splits[split],
  truth: async (samples) => Uint8Array.from(samples.flatMap((s) => [...multiHot(codesOf(s), labels)])),
  frames: async (video, numbers) =>
    numbers.map((number) => {
      const rng = new Rng(`${video}/${number}`);
      const [red, blue] = [/[0369]$/.test(video) ? 90 : 0, video.length % 2 ? 90 : 0];
      const data = Uint8Array.from({ length: 126 }, (_, i) => rng.integer(160) + [red, 0, blue][i % 3]);
      return { width: 7, height: 6, data };
    }),
  labelMap: async (sample) => ({ width: 7, height: 6, codes: codesOf(sample) }),
};

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-plain-'));
  await tf.setBackend('cpu');
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Higher is better, and another number for every model. */
const f1Of = (probabilities: Float32Array, truth: Uint8Array) =>
  probabilities.reduce((sum, p, i) => sum + (truth[i] ? p : 1 - p), 0) / probabilities.length;

function run(settings: Partial<TrainSettings> = {}) {
  return train({
    ...{ system: regression as unknown as System, preset: 'plain', config, recipe, seed, dataset },
    ...{ folder: join(root, String(++count)), backend: { name: 'cpu', detail: 'JavaScript' } },
    evaluate: (p, truth) => ({ precision: 0.25, recall: 0.75, f1: f1Of(p, truth) }),
    ...settings,
  });
}

interface PlainEpoch {
  rates: number[];
  /** The mean loss of a sample so far, after every step. */
  losses: number[];
  validation: { loss: number; probabilities: number[]; truth: number[] };
  weights: Record<string, number[]>;
  velocities: Record<string, number[]>;
}

/** The same training in plain numbers: batches of the shuffled samples, the loss, its gradient, momentum and decay. */
async function plainly(recipe: Plain): Promise<PlainEpoch[]> {
  const model = regression.build(config, seed);
  const kernel = [...readWeights(model)['d/kernel'].data].map(Number);
  model.dispose();
  const w = { 'd/kernel': kernel, 'd/bias': [0, 0] };
  const v = { 'd/kernel': kernel.map(() => 0), 'd/bias': [0, 0] };
  const source = new SampleSource(dataset, labels);
  await source.readLabels([...splits.train, ...splits.val]);
  const mean = (values: Float32Array, channel: number) =>
    values.reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / (values.length / 3);

  async function* batches(samples: readonly Sample[], plan: BatchPlan) {
    for await (const batch of source.batches(samples, plan, 4)) {
      const { data } = batch.inputs.clip;
      const x = Array.from({ length: batch.samples }, (_, n) => {
        const each = data.length / batch.samples;
        return [0, 1, 2].map((c) => mean(data.subarray(n * each, (n + 1) * each), c));
      });
      const p = x.map((row) =>
        [0, 1].map((l) => {
          const z = row.reduce((sum, value, c) => sum + value * w['d/kernel'][c * 2 + l], w['d/bias'][l]);
          return 1 / (1 + Math.exp(-z));
        }),
      );
      const y = x.map((_, n) => [...batch.truth.subarray(n * 2, n * 2 + 2)]);
      const loss = -p.flat().reduce((sum, value, i) => sum + Math.log(y.flat()[i] ? value : 1 - value), 0);
      yield { x, p, y, loss };
    }
  }

  const clips = [
    { frames: 1, speed: 1 },
    { frames: 2, speed: 2 },
    { frames: 3, speed: 1 },
  ];
  const epochs: PlainEpoch[] = [];
  const inputsOf = (plan: { frames: number; speed: number }) =>
    new InputPlan([{ name: 'clip', ...clip({ ...square(5), ...plan }) }]);
  for (const [index, plan] of clips.entries()) {
    const epoch = index + 1;
    const order = new Rng(`${seed}/order/${epoch}`).shuffle(splits.train);
    const [rates, losses]: number[][] = [[], []];
    let [sum, seen] = [0, 0];
    for await (const { x, p, y, loss } of batches(order, {
      inputs: inputsOf(plan),
      augment: { names: recipe.augment, seed, epoch },
    })) {
      const rate = !recipe.cosine
        ? recipe.rate
        : recipe.rate * 0.5 * (1 + Math.cos((Math.PI * (index * 3 + rates.length)) / 9));
      const delta = p.map((row, n) =>
        row.map((value, l) => (value - y[n][l]) / (recipe.reduction === 'mean' ? p.length : 1)),
      );
      const gradients = {
        'd/kernel': w['d/kernel'].map((_, i) =>
          delta.reduce((g, d, n) => g + d[i % 2] * x[n][Math.floor(i / 2)], 0),
        ),
        'd/bias': [0, 1].map((l) => delta.reduce((g, d) => g + d[l], 0)),
      };
      for (const name of ['d/kernel', 'd/bias'] as const) {
        for (const [i, gradient] of gradients[name].entries()) {
          v[name][i] = recipe.momentum * v[name][i] + gradient + weightDecay * w[name][i];
          w[name][i] -= rate * v[name][i];
        }
      }
      sum += loss;
      seen += p.length;
      rates.push(rate);
      losses.push(sum / seen);
    }
    let validationLoss = 0;
    const [probabilities, truth]: number[][] = [[], []];
    for await (const { p, y, loss } of batches(splits.val, { inputs: inputsOf({ frames: 3, speed: 1 }) })) {
      validationLoss += loss / 6;
      probabilities.push(...p.flat());
      truth.push(...y.flat());
    }
    epochs.push({
      ...{ rates, losses, validation: { loss: validationLoss, probabilities, truth } },
      ...{ weights: structuredClone(w), velocities: structuredClone(v) },
    });
  }
  return epochs;
}

function expectClose(received: ArrayLike<number>, wanted: readonly number[]): void {
  expect(received).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(received[i]).toBeCloseTo(value, 5);
}

describe.each<Plain>([
  { rate: 0.3, cosine: true, reduction: 'mean', momentum: 0.8, augment: ['crop', 'flip'] },
  { rate: 0.05, cosine: false, reduction: 'sum', momentum: 0, augment: [] },
])('training by $reduction at a rate of $rate', (plain) => {
  it('is what plain numbers say: losses, rates, weights and scores of every epoch', async () => {
    const expected = await plainly(plain);
    const progress: StepProgress[] = [];
    const evaluated: { p: number[]; truth: number[]; shape: number[] }[] = [];
    const states: Awaited<ReturnType<typeof readCheckpoint>>[] = [];
    const folder = join(root, String(++count));
    const tensors = tf.memory().numTensors;
    // Of two that are as good, the first is the best.
    const f1s = [0.5, 0.7, 0.7];
    const saved: Promise<void>[] = [];
    const result = await run({
      ...{ folder, recipe: recipeOf(plain) },
      onProgress: (step) => progress.push(step),
      onEpoch: () => {
        saved.push(
          readCheckpoint(folder, 'last').then((checkpoint) => {
            states.push(checkpoint);
          }),
        );
      },
      evaluate: (p, truth, samples, labels) => {
        evaluated.push({ p: [...p], truth: [...truth], shape: [samples, labels] });
        return { precision: 0.25, recall: 0.75, f1: f1s[evaluated.length - 1] };
      },
    });
    await Promise.all(saved);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(result.epochs).toHaveLength(3);
    for (const [i, { rates, losses, validation, weights, velocities }] of expected.entries()) {
      const record = result.epochs[i];
      expect(record.epoch).toBe(i + 1);
      expectClose([record.loss, record.learningRate], [losses[2], rates[2]]);
      expect(record.validation).toEqual({
        ...{ loss: expect.closeTo(validation.loss, 5), precision: 0.25, recall: 0.75, f1: f1s[i] },
      });
      expect(record.seconds).toBeGreaterThan(0);
      expectClose(evaluated[i].p, validation.probabilities);
      expect(evaluated[i].truth).toEqual(validation.truth);
      expect(evaluated[i].shape).toEqual([6, 2]);
      const steps = progress.filter(({ epoch, phase }) => epoch === i + 1 && phase === 'training');
      expect(steps.map(({ step, steps, epochs }) => [step, steps, epochs])).toEqual([
        ...[
          [1, 3, 3],
          [2, 3, 3],
          [3, 3, 3],
        ],
      ]);
      expectClose(
        steps.map(({ learningRate }) => learningRate),
        rates,
      );
      expectClose(
        steps.map(({ loss }) => loss ?? Number.NaN),
        losses,
      );
      expect(
        progress
          .filter(({ epoch, phase }) => epoch === i + 1 && phase === 'validation')
          .map(({ step, steps, loss, learningRate }) => [step, steps, loss, learningRate]),
      ).toEqual([
        [1, 2, null, record.learningRate],
        [2, 2, null, record.learningRate],
      ]);
      for (const name of ['d/kernel', 'd/bias']) {
        expectClose(states[i]!.weights[name].data as Float32Array, weights[name]);
        expectClose(states[i]!.slots.velocity[name].data as Float32Array, velocities[name]);
      }
      expect(states[i]).toMatchObject({
        ...{ epoch: i + 1, step: 0, partial: { loss: 0, samples: 0, seconds: 0 } },
        ...{ validation: record.validation, best: f1s[i] },
      });
    }
    expect(result.best).toBe(result.epochs[1]);
    expect((await readCheckpoint(folder, 'best'))!.weights).toEqual(states[1]!.weights);
    expect(result.epochs).toEqual(
      (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  });
});

describe('the time that is left', () => {
  // In forward passes over a frame, a sample: 3 · (1, 2 and 3 frames) of training, 3 frames of validation.
  const whole = 10 * 3 * (1 + 2 + 3) + 3 * 6 * 3;
  /** Time cancels out of the product: samples done · work left / work done. */
  const leftOf = ({ secondsLeft, samplesPerSecond }: StepProgress) => secondsLeft * samplesPerSecond;

  it('is that of the frames to come', async () => {
    const progress: StepProgress[] = [];
    await run({ onProgress: (step) => progress.push(step) });
    const work = [
      4 * 3,
      4 * 3,
      2 * 3,
      4 * 3,
      2 * 3,
      4 * 6,
      4 * 6,
      2 * 6,
      4 * 3,
      2 * 3,
      4 * 9,
      4 * 9,
      2 * 9,
      4 * 3,
      2 * 3,
    ];
    let [samples, done] = [0, 0];
    for (const [i, step] of progress.entries()) {
      samples += [4, 4, 2, 4, 2][i % 5];
      done += work[i];
      expect(leftOf(step), `step ${i}`).toBeCloseTo((samples * (whole - done)) / done, 6);
    }
    expect(progress).toHaveLength(15);
  });

  it('counts what was done before as done', async () => {
    const folder = join(root, String(++count));
    await expect(run({ folder, ...stopAt('training', 2, 1) })).rejects.toThrow('--resume');
    const progress: StepProgress[] = [];
    await run({ folder, resume: true, onProgress: (step) => progress.push(step) });
    const left = whole - (10 * 3 + 6 * 3) - 4 * 6;
    expect(leftOf(progress[0])).toBeCloseTo((4 * (left - 4 * 6)) / (4 * 6), 6);
  });
});

/** Aborts once a step has been made. */
function stopAt(phase: StepProgress['phase'], epoch: number, step: number) {
  const controller = new AbortController();
  const onProgress = (progress: StepProgress) => {
    if (progress.phase === phase && progress.epoch === epoch && progress.step === step) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

const bytesOf = (folder: string) =>
  Promise.all((['best', 'last'] as const).map((name) => readFile(checkpointPath(folder, name))));

/** A run's epochs without what the clock says. */
const untimed = (epochs: readonly { seconds: number }[]) => epochs.map((epoch) => ({ ...epoch, seconds: 0 }));

describe('a run that is cut short', () => {
  let first: Promise<void>;
  let whole: string;
  let epochs: Awaited<ReturnType<typeof train>>['epochs'];
  beforeAll(async () => {
    whole = join(root, 'whole');
    ({ epochs } = await run({
      folder: whole,
      onEpoch: ({ epoch }) => {
        if (epoch === 1) first = copyFile(checkpointPath(whole, 'last'), join(root, 'first'));
      },
    }));
    await first;
  });

  const places = [1, 2, 3].flatMap((epoch) => [
    ...[1, 2, 3].map((step) => ['training', epoch, step] as const),
    ...[1, 2].map((step) => ['validation', epoch, step] as const),
  ]);
  it.each(places)('in %s, epoch %i, after step %i, ends alike once resumed', async (phase, epoch, step) => {
    const folder = join(root, String(++count));
    const tensors = tf.memory().numTensors;
    await expect(run({ folder, ...stopAt(phase, epoch, step) })).rejects.toMatchObject({
      message:
        phase === 'training'
          ? `training stopped in epoch ${epoch}, after step ${step} of 3; run the same command with --resume to go on from there`
          : `training stopped in the validation of epoch ${epoch}; run the same command with --resume to go on`,
      exitCode: 1,
    });
    const { step: reached, epoch: finished } = (await readCheckpoint(folder, 'last')) ?? {
      step: -1,
      epoch: -1,
    };
    // Validation is made again from its start, and with it what was trained since the last checkpoint.
    if (phase === 'training') expect([finished, reached]).toEqual([epoch - 1, step]);
    else expect([finished, reached]).toEqual(epoch === 1 ? [-1, -1] : [epoch - 1, 0]);
    const result = await run({ folder, resume: true });
    expect(untimed(result.epochs)).toEqual(untimed(epochs));
    expect(result.best.epoch).toBe(
      epochs.reduce((a, b) => (b.validation.f1 > a.validation.f1 ? b : a)).epoch,
    );
    expect(await weightsOf(folder)).toEqual(await weightsOf(whole));
    expect(tf.memory().numTensors).toBe(tensors);
  });

  /** Both checkpoints, but for the seconds that an epoch took. */
  const weightsOf = (folder: string) =>
    Promise.all((['best', 'last'] as const).map((name) => readCheckpoint(folder, name)));

  it.each([
    ['after every step where it is told to', 0, [1, 1]],
    ['after every epoch else', undefined, [1, 0]],
  ])('by a crash has a checkpoint %s', async (_, checkpointInterval, wanted) => {
    const folder = join(root, String(++count));
    const crash = (progress: StepProgress) => {
      if (progress.phase === 'training' && progress.epoch === 2 && progress.step === 2)
        throw new Error('crash');
    };
    await expect(run({ folder, checkpointInterval, onProgress: crash })).rejects.toThrow('crash');
    const { epoch, step } = (await readCheckpoint(folder, 'last'))!;
    expect([epoch, step]).toEqual(wanted);
    await run({ folder, resume: true });
    expect(await bytesOf(folder)).toEqual(await bytesOf(whole));
  });

  it('by a file that cannot be written has its last checkpoint from before', async () => {
    const folder = join(root, String(++count));
    const metrics = join(folder, 'metrics.jsonl');
    const blocked = ({ epoch }: EpochRecord) => {
      if (epoch > 1) return;
      renameSync(metrics, `${metrics}.kept`);
      mkdirSync(metrics);
    };
    await expect(run({ folder, onEpoch: blocked })).rejects.toThrow(`cannot write ${metrics}`);
    expect(await readCheckpoint(folder, 'last')).toMatchObject({ epoch: 1, step: 0 });
    rmdirSync(metrics);
    renameSync(`${metrics}.kept`, metrics);
    await run({ folder, resume: true });
    expect(await bytesOf(folder)).toEqual(await bytesOf(whole));
  });

  it('between two of its files makes the epoch again', async () => {
    const folder = join(root, String(++count));
    await run({ folder });
    // Everything of the later epochs is there but the last checkpoint.
    await copyFile(join(root, 'first'), checkpointPath(folder, 'last'));
    const seen: number[] = [];
    const result = await run({ folder, resume: true, onEpoch: ({ epoch }) => seen.push(epoch) });
    expect(seen).toEqual([2, 3]);
    expect(untimed(result.epochs)).toEqual(untimed(epochs));
    expect(await bytesOf(folder)).toEqual(await bytesOf(whole));
  });
});

it('what is frozen stays frozen when clips grow', () => {
  const trainer = new Trainer({ system: regression as unknown as System, config, recipe, seed });
  trainer.start((model) => {
    model.getLayer('d').trainable = false;
  });
  const tensors = tf.memory().numTensors;
  trainer.configure({ ...config, frames: 2 });
  expect(tf.memory().numTensors).toBe(tensors);
  const batch = {
    ...{ samples: 1, truth: Float32Array.of(1, 0) },
    inputs: { clip: { shape: [2, 5, 5, 3], data: new Float32Array(2 * 75) } },
  };
  expect(() => trainer.step(batch, () => 0.1)).toThrow('must have a weight to train; received all frozen');
  expect(tf.memory().numTensors).toBe(tensors);
  trainer.dispose();
});

describe('a folder', () => {
  it('that holds a run is gone on with when that is asked for, and only as it was begun', async () => {
    const folder = join(root, String(++count));
    const one = changed(recipe, {}, 1);
    await run({ folder, recipe: one });
    const before = await bytesOf(folder);
    const again = run({ folder, recipe: one });
    await expect(again).rejects.toThrow(
      `${folder} already holds a run of plain; add --resume to go on with it`,
    );
    for (const key of ['seed', 'config'] as const) {
      const other = { seed: 12, config: { ...config, frames: 2 } }[key];
      await expect(run({ folder, recipe: one, resume: true, [key]: other })).rejects.toThrow(
        `${folder} cannot be resumed with another ${key}`,
      );
    }
    expect(await bytesOf(folder)).toEqual(before);
  });

  it('whose run never came to a checkpoint is begun anew, but resumed only as it was begun', async () => {
    const folder = join(root, String(++count));
    const stopped = (more: Partial<TrainSettings>) =>
      run({
        ...more,
        folder,
        onProgress: () => {
          throw new Error('crash');
        },
      });
    await expect(stopped({})).rejects.toThrow('crash');
    await expect(stopped({ resume: true, seed: 12 })).rejects.toThrow('another seed; received 12');
    await expect(stopped({ seed: 12 })).rejects.toThrow('crash');
    expect(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')).seed).toBe(12);
  });

  it("with another's files is left as it is", async () => {
    const folder = join(root, String(++count));
    await mkdir(folder);
    await writeFile(join(folder, 'metrics.jsonl'), 'mine');
    await expect(run({ folder })).rejects.toMatchObject({
      message: expect.stringMatching(/^a run needs a folder of its own; received .*metrics\.jsonl/),
      exitCode: 2,
    });
    expect(await readdir(folder)).toEqual(['metrics.jsonl']);
  });

  it('whose checkpoint is damaged is told by its name, and leaves no model behind', async () => {
    const folder = join(root, String(++count));
    await run({ folder, recipe: changed(recipe, {}, 1) });
    const path = checkpointPath(folder, 'last');
    const tensors = tf.memory().numTensors;
    const resumed = () => run({ folder, recipe: changed(recipe, {}, 1), resume: true });
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, -4));
    await expect(resumed()).rejects.toThrow(path);
    const { 'd/bias': _, ...weights } = (await readCheckpoint(folder, 'best'))!.weights;
    await writeCheckpoint(folder, 'last', { ...(await readCheckpoint(folder, 'best'))!, weights });
    await expect(resumed()).rejects.toThrow(
      `the weights in ${path} do not fit the model; received none for d/bias`,
    );
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

it('a loss that is no number ends the training, and says where and at which rate', async () => {
  const tensors = tf.memory().numTensors;
  const folder = join(root, String(++count));
  await expect(run({ folder, recipe: changed(recipe, { augment: [], rate: 1e38 }) })).rejects.toThrow(
    /^training diverged: the loss is no longer a finite number; received NaN in epoch 1, step 3, at a learning rate of 8\.83\d*e\+37; train again with a smaller --learning-rate$/,
  );
  expect(tf.memory().numTensors).toBe(tensors);
  expect(await readCheckpoint(folder, 'last')).toBeNull();
});

it('weights that the last step of an epoch breaks end the training in its validation, before they are kept', async () => {
  const folder = join(root, String(++count));
  const broken = changed(recipe, { batch: 10, rate: 1e300 });
  await expect(run({ folder, recipe: broken })).rejects.toThrow(
    /^training diverged: the loss is no longer a finite number; received NaN in the validation of epoch 1, at a learning rate of 1e\+300; train again with a smaller --learning-rate$/,
  );
  for (const name of ['best', 'last'] as const) expect(await readCheckpoint(folder, name)).toBeNull();
});

it.each(['train', 'val'])('a %s split without samples is told before anything is written', async (empty) => {
  const samples = async (split: string) => (split === empty ? [] : splits[split]);
  const folder = join(root, String(++count));
  await expect(run({ folder, dataset: { ...dataset, samples } })).rejects.toMatchObject({
    message: `the ${empty} split of /memory has no samples`,
    exitCode: 1,
  });
  await expect(readFile(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
});

it('other splits are trained and validated on when they are named', async () => {
  const swapped = { train: 'val', validation: 'train' };
  const progress: StepProgress[] = [];
  const { run: record } = await run({ splits: swapped, onProgress: (step) => progress.push(step) });
  expect(record.dataset).toEqual({
    ...{ name: 'memory', root: '/memory' },
    ...{ train: { split: 'val', samples: 6 }, validation: { split: 'train', samples: 10 } },
  });
  expect(progress.map(({ phase, steps }) => `${phase} ${steps}`).slice(0, 5)).toEqual([
    ...['training 2', 'training 2', 'validation 3', 'validation 3', 'validation 3'],
  ]);
});
