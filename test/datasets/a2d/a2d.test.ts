import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { a2dLabels } from '../../../src/core/labels.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import { type Dataset, keyFrameOf, truthIn } from '../../../src/datasets/dataset.ts';
import type { DatasetOptions } from '../../../src/datasets/dataset-kind.ts';
import { describeDataset } from '../../../src/datasets/info.ts';
import { smallFrame, smallSize, writeSmallRelease } from '../small-release.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-a2d-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
});

const open = (options: DatasetOptions = {}) =>
  openA2d(root, { cacheFolder: join(root, 'cache'), ...options });
const ids = async (dataset: Dataset, split: string) => (await dataset.samples(split)).map(({ id }) => id);
const release = (...path: string[]) => join(root, 'Release', ...path);

/** The label names of each sample. */
async function labelsOf(dataset: Dataset, split: string): Promise<string[][]> {
  const samples = await dataset.samples(split);
  const truth = await dataset.truth(samples);
  const count = a2dLabels.names.length;
  return samples.map((_, row) => a2dLabels.names.filter((_, label) => truth[row * count + label]));
}

describe('the challenge layout', () => {
  beforeEach(() => writeSmallRelease(root, 'challenge'));

  it('has the splits and samples of its lists, in their order', async () => {
    const a2d = await open();
    expect(a2d.splits).toEqual(['train', 'val']);
    expect(await a2d.samples('train')).toEqual([
      { id: '_bird/00003', video: '_bird', frame: 3, frameCount: 5 },
      { id: 'aa-runs/00006', video: 'aa-runs', frame: 6, frameCount: 9 },
    ]);
    expect(await ids(a2d, 'val')).toEqual(['car.v1/00001', 'aa-runs/00002', 'car.v1/00007']);
    await expect(a2d.samples('test')).rejects.toMatchObject({ exitCode: 2 });
    await expect(a2d.samples('test')).rejects.toThrow('received "test"; known: train, val');
  });

  it('labels a frame with the valid codes of its annotation', async () => {
    const a2d = await open();
    expect(await labelsOf(a2d, 'train')).toEqual([['bird-flying'], ['adult-running', 'dog-none']]);
    expect(await labelsOf(a2d, 'val')).toEqual([['car-flying'], ['adult-running'], []]);
  });

  it('answers for labels, actors and actions by the name of the space', async () => {
    const a2d = await open();
    const samples = await a2d.samples('val');
    const [labels, actors, actions] = a2d.spaces;
    const joint = await truthIn(a2d, samples, 'a2d');
    expect(joint).toEqual(await a2d.truth(samples));
    for (const [space, part] of [
      [actors, 0],
      [actions, 1],
    ] as const) {
      const truth = await truthIn(a2d, samples, space.name);
      const expected = samples.map((_, row) => {
        const present = labels.names.filter((_, i) => joint[row * labels.names.length + i] === 1);
        return space.names.map((name) => Number(present.some((label) => label.split('-')[part] === name)));
      });
      expect([...truth]).toEqual(expected.flat());
      expect(truth).toContain(1);
    }
    await expect(truthIn(a2d, samples, 'a2d-colours')).rejects.toThrow(
      'a2d has no labels of that name; received a2d-colours; known: a2d, a2d-actors, a2d-actions',
    );
  });

  it('has key frames, and a middle for what has none', () => {
    expect(keyFrameOf({ frame: 3, frameCount: 8 })).toBe(3);
    expect([1, 2, 8, 9].map((frameCount) => keyFrameOf({ frame: null, frameCount }))).toEqual([1, 2, 5, 5]);
  });

  it('gives frames by number, in the order asked for, and label maps of their size', async () => {
    const a2d = await open();
    expect(await a2d.frames('aa-runs', [9, 1, 1])).toEqual([
      smallFrame('aa-runs', 9),
      smallFrame('aa-runs', 1),
      smallFrame('aa-runs', 1),
    ]);
    const [, , sample] = await a2d.samples('val');
    const { codes, ...size } = await a2d.labelMap!(sample);
    expect(size).toEqual(smallSize);
    expect(Array.from(codes)).toEqual(Array.from({ length: 96 }, (_, i) => (i >= 10 && i < 22 ? 14 : 0)));
    const missing = release('pngs320H', 'aa-runs', '00010.png');
    await expect(a2d.frames('aa-runs', [10])).rejects.toThrow(`there is no file ${missing}`);
  });

  it('opens from the Release folder too, and with lists and frames beside it', async () => {
    const inside = await openA2d(release(), { cacheFolder: join(root, 'cache') });
    expect(await ids(inside, 'train')).toEqual(['_bird/00003', 'aa-runs/00006']);
    for (const name of ['list', 'pngs320H']) renameSync(release(name), join(root, name));
    expect(await ids(await open(), 'train')).toEqual(['_bird/00003', 'aa-runs/00006']);
  });

  it('is called by what made it', async () => {
    expect(await open()).toMatchObject({ name: 'a2d', root, broken: [] });
    writeFileSync(release('synthetic.json'), '{}');
    expect((await open()).name).toBe('synthetic-a2d');
  });

  it('counts frames by their names alone', async () => {
    for (const name of ['00099.png.part', 'x00099.png', '000099.png', '99.png', '00099.jpg']) {
      writeFileSync(release('pngs320H', '_bird', name), '');
    }
    expect((await (await open()).samples('train'))[0]).toMatchObject({ video: '_bird', frameCount: 5 });
  });

  it('reads a split once, and hands out lists of which each is the asker’s own', async () => {
    const a2d = await open();
    const [first] = (await a2d.samples('train')).splice(0);
    writeFileSync(release('list', 'train.txt'), '');
    const again = await a2d.samples('train');
    expect(again).toHaveLength(2);
    expect(again[0]).toBe(first);
  });

  it('reads a split anew that could not be read', async () => {
    const list = readFileSync(release('list', 'train.txt'));
    writeFileSync(release('list', 'train.txt'), 'nonsense');
    const a2d = await open();
    await expect(a2d.samples('train')).rejects.toThrow('needs <video>/<frame>');
    writeFileSync(release('list', 'train.txt'), list);
    expect(await ids(a2d, 'train')).toEqual(['_bird/00003', 'aa-runs/00006']);
  });

  it('says how far it is with labels and checks', async () => {
    const steps: unknown[] = [];
    const onProgress: DatasetOptions['onProgress'] = (...step) => steps.push(step);
    const plain = await open({ onProgress });
    const samples = await plain.samples('train');
    expect(steps).toEqual([]);
    await plain.truth(samples);
    expect(steps.splice(0)).toEqual([
      ['labels', 1, 2],
      ['labels', 2, 2],
    ]);
    await (await open({ onProgress, skipBroken: true })).samples('train');
    expect(steps).toEqual([
      ['labels', 1, 2],
      ['labels', 2, 2],
      ['check', 1, 2],
      ['check', 2, 2],
    ]);
  });

  it('keeps no more decoded frames than it may', async () => {
    // What is kept is the same object when it is asked for again.
    const twice = async (frameMemory?: number) => {
      const a2d = await open({ frameMemory });
      const [[first], [second]] = [await a2d.frames('_bird', [1]), await a2d.frames('_bird', [1])];
      return first === second;
    };
    const { width, height } = smallSize;
    expect([await twice(), await twice(width * height * 3), await twice(width * height * 3 - 1)]).toEqual([
      ...[true, true, false],
    ]);
  });

  it('counts what it holds', async () => {
    const info = await describeDataset(await open());
    const counts = (...present: [string, number][]) =>
      a2dLabels.names.map((name) => present.find(([label]) => label === name)?.[1] ?? 0);
    expect(info.splits).toEqual([
      {
        split: 'train',
        samples: 2,
        videos: 2,
        perLabel: counts(['bird-flying', 1], ['adult-running', 1], ['dog-none', 1]),
        labelsPerSample: [0, 1, 1],
      },
      {
        split: 'val',
        samples: 3,
        videos: 2,
        perLabel: counts(['car-flying', 1], ['adult-running', 1]),
        labelsPerSample: [1, 2],
      },
    ]);
    expect(info.labels.names).toHaveLength(43);
    expect(info.broken).toEqual([]);
  });
});

describe('the official layout', () => {
  beforeEach(() => writeSmallRelease(root, 'official'));

  it('splits all annotated frames by the usage in videoset.csv', async () => {
    const a2d = await open();
    expect(a2d.splits).toEqual(['train', 'test']);
    expect(await ids(a2d, 'train')).toEqual(['aa-runs/00002', 'aa-runs/00006', '_bird/00003']);
    expect(await ids(a2d, 'test')).toEqual(['car.v1/00001', 'car.v1/00007']);
    expect(await labelsOf(a2d, 'test')).toEqual([['car-flying'], []]);
  });

  it.each([
    ['aa,17,0:00:01,0:00:03,240,320,9,2', 'needs 9 fields'],
    ['aa,17,0:00:01,0:00:03,240,tall,9,2,0', 'needs 9 fields'],
    ['aa,14,0:00:01,0:00:03,240,320,9,2,0', 'needs one of A2D\'s 43 label codes; received "14"'],
  ])('refuses the line %s', async (line, message) => {
    appendFileSync(release('videoset.csv'), `${line}\n`);
    await expect((await open()).samples('train')).rejects.toThrow(
      `${release('videoset.csv')} line 4 ${message}`,
    );
    const skipping = await open({ skipBroken: true });
    expect(await ids(skipping, 'train')).toHaveLength(3);
    expect(skipping.broken).toHaveLength(1);
    expect(skipping.broken[0].reason).toContain(message);
  });

  it.each([
    ['the same split', '0'],
    ['another', '1'],
  ])('refuses a video that a second row puts into %s', async (_, usage) => {
    appendFileSync(release('videoset.csv'), `_bird,44,0:00:01,0:00:03,240,320,9,2,${usage}\n`);
    for (const split of ['train', 'test']) {
      await expect((await open()).samples(split)).rejects.toThrow(
        `${release('videoset.csv')} line 4 repeats a video; received _bird, as line 2 does`,
      );
    }
    const skipping = await open({ skipBroken: true });
    expect(await ids(skipping, 'train')).toEqual(['aa-runs/00002', 'aa-runs/00006', '_bird/00003']);
    expect(skipping.broken.map(({ id }) => id)).toEqual(['_bird again']);
  });

  it('refuses a frame that is annotated under two names', async () => {
    const folder = release('Annotations', 'mat', '_bird');
    copyFileSync(join(folder, '00003.mat'), join(folder, '3.mat'));
    await expect((await open()).samples('train')).rejects.toThrow(
      `${folder} repeats a frame; received 3.mat`,
    );
  });

  it('refuses a table that is not in UTF-8', async () => {
    appendFileSync(
      release('videoset.csv'),
      Buffer.from('fr\xe9d,44,0:00:01,0:00:03,240,320,9,2,0\n', 'latin1'),
    );
    await expect((await open()).samples('train')).rejects.toThrow(
      `${release('videoset.csv')} must be text in UTF-8; received byte 0xE9 in line 4`,
    );
  });

  it('refuses a video without annotations', async () => {
    rmSync(release('Annotations', 'mat', '_bird'), { recursive: true });
    await expect((await open()).samples('train')).rejects.toThrow(
      `${release('Annotations', 'mat', '_bird')} needs annotations`,
    );
  });
});

describe('what is no whole release', () => {
  it('is refused with what to do', async () => {
    await expect(open()).rejects.toThrow('an A2D release has Release/Annotations/mat');
    await expect(openA2d(join(root, 'absent'))).rejects.toThrow('which is no folder');
    await writeSmallRelease(root, 'challenge', { frames: false });
    await expect(open()).rejects.toThrow('frames in pngs320H, or its videos in clips320H');
    mkdirSync(release('clips320H'));
    await expect(open()).rejects.toThrow(`run \`actionnx data extract ${root}\``);
  });
});

describe('a broken file', () => {
  const annotation = () => release('Annotations', 'mat', 'aa-runs', '00006.mat');
  const keyFrame = () => release('pngs320H', 'aa-runs', '00006.png');
  beforeEach(() => writeSmallRelease(root, 'challenge'));

  /** What happens to the split with and without skipping. */
  async function skipped(
    split: string,
  ): Promise<{ ids: string[]; broken: { id: string; reason: string }[] }> {
    const skipping = await open({ skipBroken: true });
    const found = await ids(skipping, split);
    expect(await skipping.truth(await skipping.samples(split))).toHaveLength(found.length * 43);
    return { ids: found, broken: [...skipping.broken] };
  }

  it('truncated annotation', async () => {
    truncateSync(annotation(), 3000);
    const a2d = await open();
    await expect(a2d.truth(await a2d.samples('train'))).rejects.toThrow(
      `cannot read the annotation ${annotation()}`,
    );
    expect(await skipped('train')).toEqual({
      ids: ['_bird/00003'],
      broken: [{ id: 'aa-runs/00006', reason: expect.stringContaining(annotation()) }],
    });
  });

  it('missing annotation', async () => {
    rmSync(annotation());
    const a2d = await open();
    await expect(a2d.truth(await a2d.samples('train'))).rejects.toThrow(
      `there is no annotation ${annotation()}`,
    );
    expect((await skipped('train')).ids).toEqual(['_bird/00003']);
  });

  it('truncated key frame', async () => {
    truncateSync(keyFrame(), 60);
    const a2d = await open();
    await a2d.samples('train');
    await expect(a2d.frames('aa-runs', [6])).rejects.toThrow(`cannot decode ${keyFrame()}`);
    expect((await skipped('train')).broken).toEqual([
      { id: 'aa-runs/00006', reason: expect.stringContaining(keyFrame()) },
    ]);
  });

  it('corrupt key frame', async () => {
    const bytes = readFileSync(keyFrame());
    bytes.fill(0, bytes.indexOf('IDAT') + 6, bytes.indexOf('IDAT') + 10);
    writeFileSync(keyFrame(), bytes);
    expect((await skipped('train')).broken).toEqual([
      { id: 'aa-runs/00006', reason: expect.stringContaining(`cannot decode ${keyFrame()}`) },
    ]);
  });

  it('missing frame beside the key frame, which a clip may reach', async () => {
    const missing = release('pngs320H', 'aa-runs', '00004.png');
    rmSync(missing);
    await expect((await open()).frames('aa-runs', [3, 4])).rejects.toThrow(`there is no file ${missing}`);
    expect((await skipped('val')).broken).toEqual([
      { id: 'aa-runs/00002', reason: expect.stringContaining(`${missing} is missing or truncated`) },
    ]);
  });

  it('key frame outside its video', async () => {
    appendFileSync(release('list', 'val.txt'), '_bird/00006\n');
    const message = `${release('pngs320H', '_bird')} has frames 1–5; received frame 6`;
    await expect((await open()).samples('val')).rejects.toThrow(message);
    const { ids: found, broken } = await skipped('val');
    expect(found).toHaveLength(3);
    expect(broken).toEqual([{ id: '_bird/00006', reason: expect.stringContaining(message) }]);
  });

  it('key frame before its video, while its first and last are in it', async () => {
    writeFileSync(release('list', 'val.txt'), '_bird/00000\n_bird/00001\n_bird/00005\n');
    await expect((await open()).samples('val')).rejects.toThrow('has frames 1–5; received frame 0');
    writeFileSync(release('list', 'val.txt'), '_bird/00001\n_bird/00005\n');
    expect(await ids(await open(), 'val')).toEqual(['_bird/00001', '_bird/00005']);
  });

  it('last or first frame of a video', async () => {
    for (const name of ['00009.png', '00001.png']) {
      const path = release('pngs320H', 'aa-runs', name);
      const whole = readFileSync(path);
      truncateSync(path, whole.length - 1);
      expect((await skipped('val')).broken).toEqual([
        { id: 'aa-runs/00002', reason: expect.stringContaining(`${path} is missing or truncated`) },
      ]);
      writeFileSync(path, whole);
    }
  });

  it('video without frames', async () => {
    rmSync(release('pngs320H', 'car.v1'), { recursive: true });
    await expect((await open()).samples('val')).rejects.toThrow('the frames have yet to be extracted');
    const { ids: found, broken } = await skipped('val');
    expect(found).toEqual(['aa-runs/00002']);
    expect(broken.map(({ id }) => id)).toEqual(['car.v1/00001', 'car.v1/00007']);
  });

  it.each([
    ['not a frame', 'needs <video>/<frame>; received "not a frame"'],
    ['_bird/three', 'needs <video>/<frame>; received "_bird/three"'],
    ['_bird/00003', 'repeats a frame; received _bird/00003'],
  ])('list line "%s"', async (line, message) => {
    appendFileSync(release('list', 'train.txt'), `${line}\n`);
    // Empty lines count: the file ends in one.
    await expect((await open()).samples('train')).rejects.toThrow(
      `${release('list', 'train.txt')} line 4 ${message}`,
    );
    const { ids: found, broken } = await skipped('train');
    expect(found).toEqual(['_bird/00003', 'aa-runs/00006']);
    expect(broken).toHaveLength(1);
  });

  it('can be mended while the data set stays open', async () => {
    const whole = readFileSync(annotation());
    truncateSync(annotation(), 3000);
    const a2d = await open();
    const samples = await a2d.samples('train');
    await expect(a2d.truth(samples)).rejects.toThrow('cannot read');
    writeFileSync(annotation(), whole);
    expect(await labelsOf(a2d, 'train')).toEqual([['bird-flying'], ['adult-running', 'dog-none']]);
  });
});
