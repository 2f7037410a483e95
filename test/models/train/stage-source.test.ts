import '@tensorflow/tfjs-backend-cpu';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fanInUniform } from '../../../models/layers/initializers.ts';
import { defineSystem, type Recipe, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import { readCheckpoint } from '../../../models/train/checkpoint.ts';
import { type TrainSettings, train } from '../../../models/train/fit.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { type Source, type Stage, stage } from '../../../models/train/stage.ts';
import { encodeSafetensors } from '../../../src/core/safetensors.ts';
import { tensor } from '../../../src/core/tensor.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { frame } from '../../../src/inputs/frame.ts';
import { square } from '../../../src/inputs/rgb.ts';

const L = tf.layers;

/** A convolution and a head of two labels; the convolution in a model inside where that is asked for. */
const nest = defineSystem({
  ...{ name: 'nest', id: '–', title: 'nest', presets: {}, recipe: [] },
  config: z.strictObject({ inside: z.boolean() }),
  reported: { precision: null, recall: null, f1: null },
  inputs: () => ({ frame: frame(square(3)) }),
  build({ inside }, seed) {
    const body = (x: SymbolicTensor) => {
      const kernelInitializer = fanInUniform(seed, 'conv1') as never;
      return L.conv2d({ name: 'conv1', filters: 2, kernelSize: 3, kernelInitializer }).apply(
        x,
      ) as SymbolicTensor;
    };
    const picture = tf.input({ shape: [3, 3, 3], name: 'frame' });
    let features: SymbolicTensor;
    if (inside) {
      const inner = tf.input({ shape: [3, 3, 3] });
      const cnn: LayersModel = tf.model({ inputs: inner, outputs: body(inner), name: 'cnn' });
      features = cnn.apply(picture) as SymbolicTensor;
    } else features = body(picture);
    const flat = L.flatten().apply(features) as SymbolicTensor;
    const kernelInitializer = fanInUniform(seed, 'head') as never;
    const head = L.dense({ units: 2, name: 'probabilities', activation: 'sigmoid', kernelInitializer });
    return tf.model({ inputs: picture, outputs: head.apply(flat) as SymbolicTensor, name: 'nest' });
  },
});

const dataset: Dataset = {
  ...{
    name: 'memory',
    root: '/memory',
    spaces: [{ name: 'letters', task: 'multi-label', names: ['a', 'b'], codes: [1, 2] }],
    broken: [],
  },
  splits: ['train', 'val'],
  samples: async (split) =>
    [0, 1, 2, 3].map((i) => ({ id: `${split}${i}`, video: String(i), frame: 1, frameCount: 1 })),
  truth: async (samples) => Uint8Array.from(samples.flatMap((_, i) => [i % 2, 1 - (i % 2)])),
  frames: async (video) => [
    {
      width: 3,
      height: 3,
      data: Uint8Array.from({ length: 27 }, (_, i) => (i * 31 + Number(video) * 57) % 256),
    },
  ],
  labelMap: async () => {
    throw new Error('no maps');
  },
};

let root: string;
let count = 0;
/** A run whose weights others begin from. */
let first: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-sources-'));
  await tf.setBackend('cpu');
  first = newFolder();
  await run([base], { folder: first, seed: 1 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newFolder = () => join(root, String(++count));

function run(recipe: Recipe, settings: Partial<TrainSettings> = {}, inside = false) {
  return train({
    ...{ system: nest as unknown as System, preset: 'nest', config: { inside }, recipe, seed: 2, dataset },
    ...{ folder: newFolder(), backend: { name: 'cpu', detail: 'JavaScript' } },
    evaluate: () => ({ precision: 0, recall: 0, f1: 0.5 }),
    ...settings,
  });
}

const base: Stage = stage({
  ...{ name: 'first', epochs: 1, batch: 2, rate: 0.1 },
  ...{ loss: logLoss(), optimizer: sgd() },
});
/** A stage that leaves its weights as it finds them. */
const still = (from: Partial<Source>[], more: Partial<Stage> = {}): Stage =>
  stage({ ...base, name: 'still', rate: 1e-30, from: from as Source[], ...more });
const weightsOf = async (folder: string, name: 'best' | 'last' = 'last') =>
  (await readCheckpoint(folder, name))!.weights;

/** The names of the weights that are those of the first run after a still stage. */
async function taken(from: Partial<Source>[], inside = false): Promise<string[]> {
  const folder = newFolder();
  const { run: record } = await run([still(from)], { folder }, inside);
  expect(record.sources).toHaveLength(from.length);
  const [weights, wanted] = [await weightsOf(folder), await weightsOf(first)];
  return Object.keys(weights).filter(
    (name) => weights[name].data.join() === wanted[name.replace('cnn/', '')].data.join(),
  );
}

describe('a stage begins from', () => {
  const all = ['conv1/bias', 'conv1/kernel', 'probabilities/bias', 'probabilities/kernel'];

  it('a run, whole or by a prefix', async () => {
    expect(await taken([{ run: first }])).toEqual(all);
    expect(await taken([{ run: first, checkpoint: 'last' }])).toEqual(all);
    expect(await taken([{ prefix: 'conv1/', run: first }])).toEqual(all.slice(0, 2));
    expect(
      await taken([
        { prefix: 'conv1', run: first },
        { prefix: 'prob', run: first },
      ]),
    ).toEqual(all);
  });

  it('a run of what is a model inside', async () => {
    expect(await taken([{ prefix: 'cnn/', run: first }], true)).toEqual([
      'cnn/conv1/bias',
      'cnn/conv1/kernel',
    ]);
  });

  it('a file, of ours or of torch, whose kernels lie in another order', async () => {
    const weights = await weightsOf(first);
    const ours = join(root, 'ours.safetensors');
    await writeFile(ours, encodeSafetensors(weights));
    expect(await taken([{ file: ours }])).toEqual(all);
    // [height, width, in, out] → [out, in, height, width], by hand.
    const kernel = new Float32Array(54);
    for (let i = 0; i < 54; i++) {
      const [out, channel, place] = [i % 2, Math.floor(i / 2) % 3, Math.floor(i / 6)];
      kernel[out * 27 + channel * 9 + place] = weights['conv1/kernel'].data[i];
    }
    const torch = join(root, 'torch.safetensors');
    const tensors = { 'conv1.weight': tensor(kernel, [2, 3, 3, 3]), 'conv1.bias': weights['conv1/bias'] };
    await writeFile(torch, encodeSafetensors(tensors));
    expect(await taken([{ prefix: 'cnn/', file: torch }], true)).toEqual([
      'cnn/conv1/bias',
      'cnn/conv1/kernel',
    ]);
    expect(await taken([{ prefix: 'conv1/', file: torch }])).toEqual(all.slice(0, 2));
    // A file of others may have another head, or none; but not where the head is what it is for.
    expect(await taken([{ file: torch }])).toEqual(all.slice(0, 2));
    await expect(taken([{ prefix: 'prob', file: torch }])).rejects.toThrow(
      'must have every weight that a stage takes from it; received "probabilities/kernel" unmatched (no "fc.weight")',
    );
    const more = { ...tensors, 'layer9.weight': weights['conv1/bias'] };
    await writeFile(torch, encodeSafetensors(more));
    expect(await taken([{ prefix: 'conv1/', file: torch }])).toEqual(all.slice(0, 2));
    await expect(taken([{ file: torch }])).rejects.toThrow('"layer9.weight" left over');
  });

  it('what another has, once the stage before has ended, and when it goes on after a stop', async () => {
    const recipe = [{ ...base, rate: 0.3 }, still([{ prefix: 'probabilities/', run: first }], { epochs: 2 })];
    const [whole, cut] = [newFolder(), newFolder()];
    await run(recipe, { folder: whole });
    const [weights, wanted] = [await weightsOf(whole), await weightsOf(first)];
    expect(weights['probabilities/kernel']).toEqual(wanted['probabilities/kernel']);
    expect(weights['conv1/kernel']).not.toEqual(wanted['conv1/kernel']);
    for (const epoch of [1, 2, 3]) {
      await rm(cut, { recursive: true, force: true });
      const controller = new AbortController();
      const stopped = run(recipe, {
        ...{ folder: cut, signal: controller.signal },
        onProgress: (progress) => {
          if (progress.phase === 'validation' && progress.epoch === epoch) controller.abort();
        },
      });
      await expect(stopped).rejects.toThrow('--resume');
      await run(recipe, { folder: cut, resume: true });
      expect(await weightsOf(cut)).toEqual(weights);
    }
  });
});

describe('a stage is refused before any work', () => {
  it.each<[string, () => Partial<Source>, RegExp]>([
    [
      'a folder that is no run',
      () => ({ run: join(root, 'none') }),
      /none holds no training run to take weights from/,
    ],
    [
      'a file that is not there',
      () => ({ file: join(root, 'none.pth') }),
      /none\.pth must be a readable file/,
    ],
    [
      'a prefix of nothing',
      () => ({ prefix: 'layer4.', run: first }),
      /the prefix "layer4\.", with which none of nest/,
    ],
    ['both', () => ({ run: first, file: 'x' }), /from\.0: a source is one run, or one file/],
    ['neither', () => ({ prefix: 'conv1' }), /from\.0: a source is one run, or one file/],
  ])('where it begins from %s', async (_, source, message) => {
    const folder = newFolder();
    await expect(run([base, { ...base, from: [source() as Source] }], { folder })).rejects.toThrow(message);
    await expect(readFile(join(folder, 'run.json'))).rejects.toThrow('ENOENT');
  });

  it('where its weights are others', async () => {
    const nested = run([still([{ run: first }])], {}, true);
    // The model inside has them by its own name only where that is the prefix.
    await expect(nested).rejects.toThrow(
      /must have every weight that a stage takes from it; received none for "cnn/,
    );
    const path = join(root, 'short.safetensors');
    const { 'conv1/bias': bias, ...others } = await weightsOf(first);
    await writeFile(path, encodeSafetensors({ ...others, 'conv1/bias': tensor(bias.data.slice(0, 1), [1]) }));
    await expect(run([still([{ file: path }])])).rejects.toThrow(
      '"conv1/bias" of shape [1] where [2] is due',
    );
  });

  it('where what it begins from is another file when its turn comes', async () => {
    const path = join(root, 'changing.safetensors');
    const weights = await weightsOf(first);
    await writeFile(path, encodeSafetensors(weights));
    const recipe = [base, still([{ file: path }])];
    const folder = newFolder();
    const bytes = encodeSafetensors({ ...weights, 'conv1/bias': tensor(Float32Array.of(1, 2), [2]) });
    const changed = run(recipe, {
      folder,
      onEpoch: () => void writing.push(writeFile(path, bytes)),
    });
    const writing: Promise<void>[] = [];
    await changed.catch(() => {});
    await Promise.all(writing);
    await expect(run(recipe, { folder, resume: true })).rejects.toThrow(/another sources|must stay as it is/);
  });
});
