import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GlobalAveragePooling3D } from '../../../models/layers/global-average-pooling3d.ts';
import { fanInUniform } from '../../../models/layers/initializers.ts';
import { defineSystem, planOf, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import type { Augmentation } from '../../../models/train/augment/augmentation.ts';
import { checkpointPath, readCheckpoint } from '../../../models/train/checkpoint.ts';
import { type StepProgress, type TrainSettings, train } from '../../../models/train/fit.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { assignWeights } from '../../../models/train/model-weights.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { SampleSource } from '../../../models/train/sample-source.ts';
import { stage } from '../../../models/train/stage.ts';
import { Rng } from '../../../src/core/rng.ts';
import type { Dataset, Sample } from '../../../src/datasets/dataset.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { resizeBilinear } from '../../../src/image/resize.ts';
import { clip } from '../../../src/inputs/clip.ts';
import { frame } from '../../../src/inputs/frame.ts';
import { square } from '../../../src/inputs/rgb.ts';

const motionNormalization = {
  mean: [0.5, 0.25, 0.125] as [number, number, number],
  std: [0.5, 2, 0.25] as [number, number, number],
};
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The configurations that models were built of, in their order. */
const built: { frames: number; speed: number }[] = [];

/** A wide picture of the key frame, and a small clip of what came before it, both flat. */
const two = defineSystem({
  ...{ name: 'two', id: '–', title: 'two', presets: {}, recipe: [] },
  config: z.strictObject({ frames: z.int().positive(), speed: z.int().positive() }),
  reported: { precision: null, recall: null, f1: null },
  inputs: ({ frames, speed }) => ({
    scene: frame({ height: 4, width: 6 }),
    motion: clip({ ...square(3), ...motionNormalization, frames, speed, at: 'end', edge: 'zero' }),
  }),
  build({ frames, speed }, seed) {
    built.push({ frames, speed });
    const scene = tf.input({ shape: [4, 6, 3], name: 'scene' });
    const motion = tf.input({ shape: [frames, 3, 3, 3], name: 'motion' });
    const flat = tf.layers.flatten().apply(scene) as SymbolicTensor;
    const mean = new GlobalAveragePooling3D({}).apply(motion) as SymbolicTensor;
    const both = tf.layers.concatenate().apply([flat, mean]) as SymbolicTensor;
    const kernelInitializer = fanInUniform(seed, 'head') as never;
    const head = tf.layers.dense({
      ...{ units: 2, name: 'probabilities', activation: 'sigmoid' },
      kernelInitializer,
    });
    return tf.model({ inputs: [scene, motion], outputs: head.apply(both) as SymbolicTensor });
  },
});
const system = two as unknown as System;
const config = { frames: 3, speed: 2 };
const recipe = [
  stage({
    ...{ name: 'short', epochs: 2, batch: 4, rate: 0.01, augment: ['flip'], inputs: { frames: 2, speed: 1 } },
    ...{ loss: logLoss({ reduction: 'mean' }), optimizer: sgd({ momentum: 0.9 }) },
  }),
  stage({
    ...{ name: 'whole', epochs: 1, batch: 4, rate: 0.01, augment: ['flip'], continues: true },
    ...{ loss: logLoss({ reduction: 'mean' }), optimizer: sgd({ momentum: 0.9 }) },
  }),
];

const [width, height] = [9, 5];
const labels = { name: 'sides', task: 'multi-label', names: ['left', 'right'], codes: [4, 9] } as const;

/** Every frame another picture: one side is bright where its label holds. */
function picture(video: string, number: number): RgbImage {
  const rng = new Rng(`${video}/${number}`);
  const [left, right] = truthOf(video);
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const bright = Math.floor(i / 3) % width < width / 2 ? left : right;
    return rng.integer(120) + bright * 120;
  });
  return { width, height, data };
}

const truthOf = (video: string) => [Number(/[0369]$/.test(video)), Number(/[02468]$/.test(video))];

/** Key frames at the beginning of their videos and further in. */
const samplesOf = (split: string, count: number): Sample[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: `${split}${i}`, video: `${split}${i}`, frame: 1 + (i % 6), frameCount: 7 },
  }));

const dataset: Dataset = {
  ...{ name: 'memory', root: '/memory', spaces: [labels], splits: ['train', 'val'], broken: [] },
  samples: async (split) => samplesOf(split, split === 'train' ? 10 : 6),
  truth: async (samples) => Uint8Array.from(samples.flatMap(({ video }) => truthOf(video))),
  frames: async (video, numbers) =>
    numbers.map((number) => {
      if (number < 1 || number > 7) throw new Error(`no frame ${number}`);
      return picture(video, number);
    }),
};

/** What both inputs are of a sample as it is: resized, black where there is no frame, normalised. */
function plainValues(
  { video, frame: key }: Sample,
  { frames, speed }: typeof config,
): { scene: number[]; motion: number[] } {
  const normalized = ({ data }: RgbImage, { mean, std }: { mean: number[]; std: number[] }) =>
    Array.from(data, (level, i) => Math.fround((level / 255 - mean[i % 3]) / std[i % 3]));
  const black = { width: 3, height: 3, data: new Uint8Array(27) };
  const numbers = Array.from({ length: frames }, (_, i) => key! - (frames - 1 - i) * speed);
  return {
    scene: normalized(resizeBilinear(picture(video, key!), 6, 4), imagenet),
    motion: numbers.flatMap((number) =>
      normalized(number < 1 ? black : resizeBilinear(picture(video, number), 3, 3), motionNormalization),
    ),
  };
}

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-two-inputs-'));
  await tf.setBackend('cpu');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newFolder = () => join(root, String(++count));

function run(settings: Partial<TrainSettings> = {}) {
  return train({
    ...{ system, preset: 'two', config, recipe, seed: 3, dataset, folder: newFolder() },
    ...{ backend: { name: 'cpu', detail: 'JavaScript' } },
    evaluate: () => ({ precision: 0.25, recall: 0.75, f1: 0.5 }),
    ...settings,
  });
}

/** All samples in one batch. */
async function batchOf(samples: readonly Sample[], own = config, names?: Augmentation[], memory?: number) {
  const source = new SampleSource(dataset, labels, memory);
  await source.readLabels(samples);
  const inputs = planOf(system, own);
  const augment = names && { names, seed: 1, epoch: 1 };
  const { value } = await source.batches(samples, { inputs, augment }, samples.length).next();
  if (!value) throw new Error('no batch');
  return value;
}

describe('a batch of two inputs', () => {
  const samples = samplesOf('val', 6);

  it.each([
    ['as they are', undefined, undefined],
    ['with nothing kept', undefined, 0],
    ['through the way of changes, of which none is made', [], undefined],
  ])('holds the values of each: %s', async (_, names, memory) => {
    for (const own of [config, { frames: 2, speed: 1 }, { frames: 1, speed: 1 }]) {
      const { inputs, truth } = await batchOf(samples, own, names, memory);
      const wanted = samples.map((sample) => plainValues(sample, own));
      expect(Object.keys(inputs)).toEqual(['scene', 'motion']);
      expect(inputs.scene.shape).toEqual([4, 6, 3]);
      expect(inputs.motion.shape).toEqual([own.frames, 3, 3, 3]);
      expect([...inputs.scene.data]).toEqual(wanted.flatMap(({ scene }) => scene));
      expect([...inputs.motion.data]).toEqual(wanted.flatMap(({ motion }) => motion));
      expect([...truth]).toEqual(samples.flatMap(({ video }) => truthOf(video)));
    }
  });

  it('has both of a sample mirrored, or neither', async () => {
    const { inputs } = await batchOf(samples, config, ['flip']);
    const mirrored = (values: number[], across: number) =>
      values.map((_, i) => {
        const [row, x, c] = [Math.floor(i / 3 / across), Math.floor(i / 3) % across, i % 3];
        return values[(row * across + across - 1 - x) * 3 + c];
      });
    const flips = samples.map((sample, n) => {
      const plain = plainValues(sample, config);
      const scene = [...inputs.scene.data.subarray(n * 72, (n + 1) * 72)];
      const motion = [...inputs.motion.data.subarray(n * 81, (n + 1) * 81)];
      const isFlipped = scene.join() !== plain.scene.join();
      expect(scene).toEqual(isFlipped ? mirrored(plain.scene, 6) : plain.scene);
      // Mirrored before it is resized, or after: the same but for the order of sums.
      const wanted = isFlipped ? mirrored(plain.motion, 3) : plain.motion;
      expect(motion).toEqual(wanted);
      return isFlipped;
    });
    expect(new Set(flips).size).toBe(2);
  });

  it('is black beyond the video, whatever happens to the frames that there are', async () => {
    const [first] = samples;
    const { inputs } = await batchOf([first], config, ['flip', 'scale', 'crop', 'rotate', 'blur']);
    const black = [0, 1, 2].map((c) =>
      Math.fround((0 - motionNormalization.mean[c]) / motionNormalization.std[c]),
    );
    const beyond = inputs.motion.data.subarray(0, 2 * 27);
    expect([...beyond]).toEqual(Array.from({ length: 2 * 27 }, (_, i) => black[i % 3]));
    expect([...inputs.motion.data.subarray(54)]).not.toEqual(plainValues(first, config).motion.slice(54));
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

describe('a run on two inputs', () => {
  let whole: string;
  const validated: number[][] = [];
  beforeAll(async () => {
    whole = newFolder();
    const before = built.length;
    const { epochs } = await run({
      folder: whole,
      evaluate: (probabilities) => {
        validated.push([...probabilities]);
        return { precision: 0.25, recall: 0.75, f1: 0.5 };
      },
    });
    // Two epochs look at less, but for their validation.
    const short = { frames: 2, speed: 1 };
    expect(built.slice(before)).toEqual([config, short, config, short, config]);
    const losses = epochs.map(({ loss }) => loss);
    expect(losses[2]).toBeLessThan(0.8 * losses[0]);
  });

  it('answers as its model does for the plain values of both', async () => {
    const samples = samplesOf('val', 6);
    const model = system.build(config, 0);
    assignWeights(model, (await readCheckpoint(whole, 'last'))!.weights, 'the checkpoint');
    const wanted = samples.map((sample) => plainValues(sample, config));
    const answers = tf.tidy(() => {
      const scene = tf.tensor(
        wanted.flatMap(({ scene }) => scene),
        [6, 4, 6, 3],
      );
      const motion = tf.tensor(
        wanted.flatMap(({ motion }) => motion),
        [6, 3, 3, 3, 3],
      );
      return [...(model.predict([scene, motion]) as Tensor).dataSync()];
    });
    model.dispose();
    expect(validated).toHaveLength(3);
    expect(validated[2]).toHaveLength(answers.length);
    for (const [i, answer] of answers.entries()) expect(validated[2][i]).toBeCloseTo(answer, 6);
  });

  const places = [
    ...[1, 2, 3].flatMap((epoch) => [1, 3].map((step) => ['training', epoch, step] as const)),
    ...[1, 2, 3].map((epoch) => ['validation', epoch, 1] as const),
  ];
  it.each(places)('stopped in %s of epoch %i, after step %i, ends alike once resumed', async (...place) => {
    const folder = newFolder();
    const tensors = tf.memory().numTensors;
    await expect(run({ folder, ...stopAt(...place) })).rejects.toThrow('--resume');
    await run({ folder, resume: true });
    expect(tf.memory().numTensors).toBe(tensors);
    for (const name of ['best', 'last'] as const) {
      const [left, right] = await Promise.all(
        [folder, whole].map((each) => readFile(checkpointPath(each, name))),
      );
      expect(left.equals(right), name).toBe(true);
    }
  });

  it.each<[string, System['inputs'], string]>([
    [
      'another name',
      () => ({ scene: frame({ height: 4, width: 6 }), clip: clip({ ...square(3), frames: 3 }) }),
      'scene [4,6,3] and motion [3,3,3,3], where the system has scene [4,6,3] and clip [3,3,3,3]',
    ],
    [
      'another order',
      () => ({ motion: clip({ ...square(3), frames: 3 }), scene: frame({ height: 4, width: 6 }) }),
      'scene [4,6,3] and motion [3,3,3,3], where the system has motion [3,3,3,3] and scene [4,6,3]',
    ],
    [
      'another size',
      () => ({ scene: frame({ height: 6, width: 4 }), motion: clip({ ...square(3), frames: 3 }) }),
      'scene [4,6,3] and motion [3,3,3,3], where the system has scene [6,4,3] and motion [3,3,3,3]',
    ],
    [
      'only one',
      () => ({ scene: frame({ height: 4, width: 6 }) }),
      'scene [4,6,3] and motion [3,3,3,3], where the system has scene [4,6,3]',
    ],
  ])('is not begun where the model takes inputs of %s', async (_, inputs, received) => {
    const folder = newFolder();
    const tensors = tf.memory().numTensors;
    const other = { ...system, inputs };
    await expect(
      run({ folder, system: other, recipe: [recipe[1]].map((own) => ({ ...own, continues: false })) }),
    ).rejects.toThrow(
      `a model's inputs must be what its system looks at, in the same order; received ${received}`,
    );
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(readFile(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });
});
