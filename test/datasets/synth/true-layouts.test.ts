import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDataset } from '../../../src/datasets/check.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { openDataset } from '../../../src/datasets/index.ts';
import { describeDataset } from '../../../src/datasets/info.ts';
import { stanford40Actions } from '../../../src/datasets/stanford-40.ts';
import { synthKinds } from '../../../src/datasets/synth/index.ts';
import { stanford40Casts } from '../../../src/datasets/synth/stanford-40.ts';
import type { SynthOptions } from '../../../src/datasets/synth/synth-kind.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-layouts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small: Record<string, SynthOptions> = {
  folder: { seed: 3, pictures: 40, videos: 10, frames: 5, height: 32 },
  'class-folders': { seed: 3, pictures: 70, height: 32 },
  'stanford-40': { seed: 3, pictures: 122, height: 32 },
  'tv-hi': { seed: 3, videos: 17, frames: 8, height: 32 },
};

const make = (name: string, root: string, options: Partial<SynthOptions> = {}) =>
  synthKinds.get(name).make(root, { ...small[name], ...options });
const open = (root: string) => openDataset(root, { skipBroken: true, cacheFolder: join(folder, 'cache') });

/** Every file by its path, as text. */
const contentOf = (root: string) =>
  new Map(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(root, path)).isFile())
      .sort()
      .map((path) => [path, readFileSync(join(root, path), 'latin1')]),
  );

describe.each(synthKinds.names)('a synthetic %s', (name) => {
  const root = join(folder, name);
  let dataset: Dataset;
  beforeAll(async () => {
    await make(name, root);
    dataset = await open(root);
  });

  it('is read back: every sample can be decoded, has a label and is in no other split', async () => {
    const faults = await checkDataset(dataset);
    expect(faults).toMatchObject({ unreadable: [], unlabelled: [], duplicates: [], leaks: [] });
    expect(dataset.name).toMatch(/^synthetic-/);
    expect(faults.splits.map(({ split }) => split)).toEqual(['train', 'val', 'test']);
  });

  it('says what it holds', async () => {
    const root = join(folder, `${name}-again`);
    const summary = await make(name, root, { seed: 4 });
    const { splits, labels } = await describeDataset(await open(root));
    const samples = splits.reduce((sum, split) => sum + split.samples, 0);
    expect(Object.values(summary.splits).reduce((sum, count) => sum + count, 0)).toBe(samples);
    expect(summary.labels).toEqual(
      labels.names.map((label, i) => ({
        label,
        samples: splits.reduce((sum, { perLabel }) => sum + perLabel[i], 0),
      })),
    );
  });

  it('is the same bytes for the same seed, and others for another', async () => {
    const again = join(folder, `${name}-same`);
    await make(name, again);
    const [first, second] = [contentOf(root), contentOf(again)];
    expect([...second.keys()]).toEqual([...first.keys()]);
    for (const [path, bytes] of first) expect(second.get(path) === bytes, path).toBe(true);
    const other = contentOf(join(folder, `${name}-again`));
    const media = [...first.keys()].filter((path) => /\.(jpg|avi|mp4)$/.test(path) && other.has(path));
    expect(media.length).toBeGreaterThan(10);
    expect(media.filter((path) => first.get(path) === other.get(path))).toEqual([]);
  });

  it('needs an empty folder and possible numbers', async () => {
    await expect(make(name, root)).rejects.toThrow('a synthetic data set needs an empty or new folder');
    const absent = join(folder, 'absent');
    for (const wrong of [{ height: 33 }, { height: 30 }, { seed: -1 }, { seed: 0.5 }]) {
      await expect(make(name, absent, wrong)).rejects.toMatchObject({ exitCode: 2 });
    }
    await expect(make(name, absent, { pictures: 3, videos: 3 })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(absent)).toBe(false);
  });
});

describe('a synthetic folder', () => {
  it('is pictures two a group, and whole videos', async () => {
    const dataset = await open(join(folder, 'folder'));
    const samples = (await Promise.all(dataset.splits.map((split) => dataset.samples(split)))).flat();
    expect(samples.filter(({ frame }) => frame === null)).toHaveLength(10);
    const groups = new Map<string, number>();
    for (const { group, frame } of samples) {
      if (frame !== null) groups.set(group ?? '', (groups.get(group ?? '') ?? 0) + 1);
    }
    expect([...groups.values()]).toEqual(new Array(20).fill(2));
    const [{ task, names }] = dataset.spaces;
    expect([task, names.length]).toEqual(['multi-label', 7]);
  });
});

describe('a synthetic Stanford-40', () => {
  const root = join(folder, 'stanford-40');
  const lines = (path: string) =>
    readFileSync(join(root, 'ImageSplits', path), 'utf8')
      .trimEnd()
      .split('\n');

  it('has the release’s lists, pictures and boxes', async () => {
    const pictures = readdirSync(join(root, 'JPEGImages')).sort();
    expect(pictures).toHaveLength(122);
    expect([...lines('train.txt'), ...lines('test.txt')].sort()).toEqual(pictures);
    for (const split of ['train', 'test']) {
      const byAction = stanford40Actions.flatMap((action) => lines(`${action}_${split}.txt`));
      expect(byAction).toEqual(lines(`${split}.txt`));
    }
    const [head, ...actions] = lines('actions.txt').map((line) => line.split('\t'));
    expect(head).toEqual(['action_name', 'number_of_images']);
    expect(actions.map(([action]) => action)).toEqual([...stanford40Actions]);
    // 122 are 40 times 3, and 2 more.
    expect(actions.map(([, count]) => count)).toEqual(['4', '4', ...new Array(38).fill('3')]);
    const { format, width, height } = await sharp(join(root, 'JPEGImages', pictures[0])).metadata();
    expect({ format, width, height }).toEqual({ format: 'jpeg', width: 42, height: 32 });
    const xml = readFileSync(join(root, 'XMLAnnotations', 'phoning_001.xml'), 'utf8');
    const number = (tag: string) => Number(new RegExp(`<${tag}>(\\d+)</${tag}>`).exec(xml)?.[1]);
    expect(xml).toContain('<action>phoning</action>');
    expect(number('xmin')).toBeGreaterThanOrEqual(1);
    expect(number('xmax')).toBeGreaterThan(number('xmin'));
    expect(number('xmax')).toBeLessThanOrEqual(42);
    expect(number('ymax')).toBeGreaterThan(number('ymin'));
    expect(number('ymax')).toBeLessThanOrEqual(32);
  });

  it('shows something else for each action', () => {
    const casts = stanford40Actions.map((action) => stanford40Casts[action].join('+'));
    expect(new Set(casts).size).toBe(40);
  });
});

describe('a synthetic TV-HI', () => {
  const root = join(folder, 'tv-hi', 'tv_human_interactions_videos');

  it('has videos of each class in both sets, and some without an interaction', () => {
    const names = readdirSync(root);
    const counts = ['handShake', 'highFive', 'hug', 'kiss', 'negative'].map(
      (label) => names.filter((name) => new RegExp(`^${label}_\\d{4}\\.avi$`).test(name)).length,
    );
    expect(counts).toEqual([5, 4, 4, 4, 8]);
  });

  it('is videos that ffprobe takes for what they are, of different lengths', async () => {
    const probe = (name: string) => {
      const entries = 'stream=codec_name,width,height,nb_read_frames:format=format_name';
      const flags = ['-v', 'error', '-count_frames', '-show_entries', entries, '-of', 'json'];
      return JSON.parse(execFileSync('ffprobe', [...flags, join(root, name)], { encoding: 'utf8' }));
    };
    const dataset = await open(join(folder, 'tv-hi'));
    const samples = await dataset.samples('test');
    for (const { video, frameCount } of samples.slice(0, 3)) {
      const { streams, format } = probe(video);
      expect(format.format_name).toBe('avi');
      expect(streams).toMatchObject([
        { codec_name: 'mpeg4', width: 42, height: 32, nb_read_frames: String(frameCount) },
      ]);
    }
    const lengths = samples.map(({ frameCount }) => frameCount);
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(6);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
  });
});
