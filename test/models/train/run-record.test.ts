import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../models/train/backend.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { checkSameRun, describeRun } from '../../../models/train/run-identity.ts';
import {
  type EpochRecord,
  type RunRecord,
  readMetrics,
  readRunRecord,
  requireNoRun,
  writeMetrics,
  writeRunRecord,
} from '../../../models/train/run-record.ts';
import { cosine } from '../../../models/train/schedules/cosine.ts';
import { stage } from '../../../models/train/stage.ts';
import type { TrainSettings } from '../../../models/train/train-settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-record-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const recipe = [
  stage({
    ...{
      name: 'training',
      epochs: 3,
      batch: 8,
      rate: 0.1,
      augment: ['flip'],
      inputs: { frames: 8, speed: 2 },
    },
    ...{ loss: logLoss({ reduction: 'mean' }), optimizer: sgd({ momentum: 0.9 }), schedule: cosine() },
  }),
];

const record: RunRecord = {
  ...{ format: 'actionnx-run', formatVersion: 2, system: 'pcd-resnet', preset: 'pcd-resnet-tiny' },
  config: { depth: 'tiny', size: 64, labels: 2 },
  recipe: structuredClone(recipe),
  seed: 7,
  dataset: {
    ...{ name: 'A2D', root: '/data/a2d' },
    ...{ train: { split: 'train', samples: 20 }, validation: { split: 'val', samples: 10 } },
  },
  labels: { names: ['cat', 'dog'], codes: [1, 2], hash: 'abc', space: 'pets', task: 'multi-label' },
  pretrained: { file: 'weights.pth', sha256: 'def', format: 'torch' },
  backend: { name: 'wasm', detail: 'XNNPACK' },
  versions: { actionnx: '0.1.0' },
};

describe("a folder's run.json", () => {
  it('is written for people, and read as it was written', async () => {
    const place = join(folder, 'new', 'run');
    expect(await readRunRecord(place)).toBeNull();
    await writeRunRecord(place, record);
    expect(await readRunRecord(place)).toEqual(record);
    const text = await readFile(join(place, 'run.json'), 'utf8');
    expect(text).toBe(`${JSON.stringify(record, null, 2)}\n`);
    const { pretrained: _, ...drawn } = record;
    await writeRunRecord(place, drawn);
    expect(await readRunRecord(place)).toEqual(drawn);
  });

  it.each([
    ['{"format": "actionnx-run",', /received .*JSON/],
    [JSON.stringify({ ...record, format: 'other' }), /received format: /],
    [JSON.stringify({ ...record, formatVersion: 3 }), /received formatVersion: /],
    [JSON.stringify({ ...record, seed: 0.5 }), /received seed: /],
    [JSON.stringify({ ...record, recipe: [{ ...recipe[0], batch: 0 }] }), /received recipe\.0\.batch: /],
    [
      JSON.stringify({ ...record, labels: { ...record.labels, codes: ['1'] } }),
      /received labels\.codes\.0: /,
    ],
    [JSON.stringify({ ...record, pretrained: { file: 'x' } }), /received pretrained\.sha256: /],
    ['[]', /received the whole: /],
  ])('that is damaged is told by its name: %#', async (text, message) => {
    const place = join(folder, 'damaged');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'run.json'), text);
    const error = await readRunRecord(place).catch((error) => error);
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${join(place, 'run.json')} is not a valid run record; received `)).toBe(
      true,
    );
    expect(error.message.endsWith('; train again into another folder')).toBe(true);
    expect(error.exitCode).toBe(1);
  });

  it('that cannot be read is not taken for one that is not there', async () => {
    const place = join(folder, 'odd');
    await mkdir(join(place, 'run.json'), { recursive: true });
    await expect(readRunRecord(place)).rejects.toThrow();
    await mkdir(join(place, 'metrics.jsonl'));
    await expect(readMetrics(place)).rejects.toThrow(
      `${join(place, 'metrics.jsonl')} cannot be read; received `,
    );
  });

  it.each(['metrics.jsonl', 'checkpoints/best.safetensors', 'checkpoints/last.safetensors'])(
    'has to lie beside a %s, or the folder is not trained into',
    async (name) => {
      const place = join(folder, name.replace(/\W/g, '-'));
      await mkdir(join(place, 'checkpoints'), { recursive: true });
      await expect(requireNoRun(place)).resolves.toBeUndefined();
      await writeFile(join(place, 'notes.txt'), 'mine');
      await expect(requireNoRun(place)).resolves.toBeUndefined();
      await writeFile(join(place, name), 'mine');
      await expect(requireNoRun(place)).rejects.toMatchObject({
        message: `a run needs a folder of its own; received ${join(place, name)}, which is of no run: there is no run.json beside it; give another with --out`,
        exitCode: 2,
      });
    },
  );
});

describe('metrics.jsonl', () => {
  const epoch = (epoch: number): EpochRecord => ({
    ...{ epoch, loss: 3 / epoch, learningRate: 0.1, seconds: 0.5 },
    validation: { loss: 2, precision: 0.1, recall: 0.2, f1: 0.3 },
  });

  it('has a line an epoch', async () => {
    expect(await readMetrics(folder)).toEqual([]);
    await writeMetrics(folder, [epoch(1)]);
    await writeMetrics(folder, [epoch(1), epoch(2)]);
    expect(await readMetrics(folder)).toEqual([epoch(1), epoch(2)]);
    const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8');
    expect(text).toBe(`${JSON.stringify(epoch(1))}\n${JSON.stringify(epoch(2))}\n`);
  });

  it('that is damaged is told by its name', async () => {
    const place = join(folder, 'half');
    await mkdir(place);
    await writeFile(join(place, 'metrics.jsonl'), `${JSON.stringify(epoch(1))}\n{"epoch":2,`);
    await expect(readMetrics(place)).rejects.toMatchObject({
      message: expect.stringMatching(/metrics\.jsonl cannot be read; received .*JSON/),
      exitCode: 1,
    });
  });
});

describe('what tells runs apart', () => {
  const settings = {
    ...{ system: { name: 'pcd-resnet' }, preset: 'pcd-resnet-tiny', config: record.config, recipe, seed: 7 },
    dataset: {
      ...{ name: 'A2D', root: '/data/a2d' },
      spaces: [{ name: 'pets', task: 'multi-label', names: ['cat', 'dog'], codes: [1, 2] }],
    },
    backend: { name: 'wasm', detail: 'XNNPACK' } satisfies Backend,
  } as unknown as TrainSettings;

  it('is in its record', async () => {
    const splits = { train: 'train', validation: 'val' };
    const described = await describeRun(settings, splits, 20, 10);
    const { pretrained, ...drawn } = record;
    expect(described).toEqual({
      ...drawn,
      labels: { ...record.labels, hash: createHash('sha256').update('cat\ndog').digest('hex') },
      versions: {
        actionnx: JSON.parse(await readFile('package.json', 'utf8')).version,
        tfjs: JSON.parse(await readFile('node_modules/@tensorflow/tfjs-core/package.json', 'utf8')).version,
        node: process.versions.node,
      },
    });
    // Nothing that happens to the recipe later happens to the record.
    expect(described.recipe).not.toBe(recipe);
    const file = { path: '/weights/weights.pth', sha256: 'def', format: 'torch', tensors: [] };
    const started = await describeRun({ ...settings, pretrained: file as never }, splits, 20, 10);
    expect(started.pretrained).toEqual(pretrained);
    await writeRunRecord(join(folder, 'described'), started);
    expect(await readRunRecord(join(folder, 'described'))).toEqual(started);
  });

  it.each([
    [{ labels: 3 }, 'pcd-resnet-tiny predicts 3 labels, pets has 2; configure the system for the data set'],
    [{ labels: 1 }, 'pcd-resnet-tiny predicts 1 labels, pets has 2; configure the system for the data set'],
  ])('begins with the number of labels: %j', async (config, message) => {
    const splits = { train: 'train', validation: 'val' };
    await expect(describeRun({ ...settings, config }, splits, 1, 1)).rejects.toMatchObject({
      ...{ message, exitCode: 1 },
    });
    const without = await describeRun({ ...settings, config: { size: 3 } }, splits, 1, 1);
    expect(without.config).toEqual({ size: 3 });
  });

  it('is all that decides its weights', () => {
    expect(() => checkSameRun(record, structuredClone(record), 'runs/a', true)).not.toThrow();
    // Where it lies, what computes it and who made it may change; so may the order of keys.
    const { rate, ...rest } = recipe[0];
    const moved: RunRecord = {
      ...record,
      ...{ preset: 'other', backend: { name: 'cpu', detail: '' }, versions: { actionnx: '9' } },
      recipe: [{ ...structuredClone(rest), rate }],
      dataset: { ...record.dataset, root: '/elsewhere', name: 'moved' },
      pretrained: { ...record.pretrained!, file: 'renamed.pth' },
    };
    expect(() => checkSameRun(record, moved, 'runs/a', true)).not.toThrow();
  });

  it.each<[string, Partial<RunRecord>, string]>([
    ['system', { system: 'b' }, '"b", where the run has "pcd-resnet"'],
    ['config', { config: { ...record.config, size: 32 } }, '"size":32'],
    ['recipe', { recipe: [{ ...recipe[0], augment: ['flip', 'blur'] }] }, '["flip","blur"]'],
    ['recipe', { recipe: [recipe[0], recipe[0]] }, '2 stages, where the run has 1'],
    ['seed', { seed: 8 }, '8, where the run has 7'],
    [
      'training',
      { dataset: { ...record.dataset, train: { split: 'train', samples: 21 } } },
      '{"samples":21,"split":"train"}, where the run has {"samples":20,"split":"train"}',
    ],
    [
      'validation',
      { dataset: { ...record.dataset, validation: { split: 'test', samples: 10 } } },
      '{"samples":10,"split":"test"}, where the run has {"samples":10,"split":"val"}',
    ],
    ['labels', { labels: { ...record.labels, hash: 'xyz' } }, '"xyz", where the run has "abc"'],
    [
      'task',
      { labels: { ...record.labels, task: 'single-label' as const } },
      '"single-label", where the run has "multi-label"',
    ],
    [
      'pretrained',
      { pretrained: { ...record.pretrained!, sha256: 'xyz' } },
      '"xyz", where the run has "def"',
    ],
    ['pretrained', { pretrained: undefined }, 'null, where the run has "def"'],
  ])('names the %s that is another: %j', (key, change, received) => {
    const error = (() => {
      try {
        checkSameRun(record, { ...structuredClone(record), ...change }, 'runs/a', true);
      } catch (error) {
        return error as Error;
      }
    })();
    expect(error?.message).toContain(`runs/a cannot be resumed with another ${key}; received `);
    expect(error?.message).toContain(received);
    expect(error?.message).toContain('; give the same flags as at its start, or choose another --out');
  });

  it('asks for --resume first', () => {
    expect(() => checkSameRun(record, record, 'runs/a', false)).toThrow(
      'runs/a already holds a run of pcd-resnet-tiny; add --resume to go on with it, or choose another --out',
    );
  });
});
