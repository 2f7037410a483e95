import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { DatasetOptions } from '../../src/datasets/dataset-kind.ts';
import { openTvHi, tvHiClasses, tvHiName } from '../../src/datasets/tv-hi.ts';
import { writeClip } from './small-media.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-tv-hi-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
const video = (name: string) => join(root, 'tv_human_interactions_videos', `${name}.avi`);
const open = (options: DatasetOptions = {}) =>
  openTvHi(root, { cacheFolder: join(folder, 'cache'), ...options });
const ids = async (dataset: Dataset, split: string) => (await dataset.samples(split)).map(({ id }) => id);

beforeAll(() => writeClip(folder, 'clip.avi', 4));
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
  mkdirSync(join(root, 'tv_human_interactions_videos'));
});

/** Writes a release of the videos named, marked as synthetic where it is not whole. */
function writeRelease(names: readonly string[]): void {
  for (const name of names) copyFileSync(join(folder, 'clip.avi'), video(name));
  if (names.length < 200) writeFileSync(join(root, 'synthetic.json'), '{}');
}

const whole = tvHiClasses.flatMap((label) => Array.from({ length: 50 }, (_, i) => tvHiName(label, i + 1)));

describe('TV Human Interactions', () => {
  it('has whole videos, of which the first set is tested on', async () => {
    // Of each class one of either set, by the authors' page.
    writeRelease(['kiss_0001', 'kiss_0002', 'handShake_0002', 'handShake_0001', 'negative_0001']);
    const dataset = await open();
    expect(dataset).toMatchObject({ name: 'synthetic-tv-hi', splits: ['train', 'val', 'test'] });
    expect(dataset.spaces[0]).toMatchObject({
      ...{ name: 'tv-hi', task: 'single-label', names: ['handShake', 'highFive', 'hug', 'kiss'] },
    });
    const test = await dataset.samples('test');
    expect(test).toEqual([
      { id: 'handShake_0002', video: 'handShake_0002.avi', frame: null, frameCount: 4 },
      { id: 'kiss_0001', video: 'kiss_0001.avi', frame: null, frameCount: 4 },
    ]);
    expect([...(await dataset.truth(test))]).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
    expect(await ids(dataset, 'train')).toEqual(['handShake_0001', 'kiss_0002']);
    const grey = (await dataset.frames('kiss_0001.avi', [3]))[0].data.at(-1);
    expect(Math.abs((grey ?? 0) - 60)).toBeLessThan(4);
  });

  it('is 90 to train on, 10 to validate on and 100 to test on, every class in proportion', async () => {
    // Pictures do for files that are only counted, and cost nothing.
    for (const name of whole) writeFileSync(video(name), 'GIF89a');
    const dataset = await open();
    expect(dataset.name).toBe('tv-hi');
    const sizes: number[][] = [];
    for (const split of dataset.splits) {
      const names = await ids(dataset, split);
      sizes.push(tvHiClasses.map((label) => names.filter((name) => name.startsWith(`${label}_`)).length));
    }
    const [train, val, test] = sizes;
    expect(test).toEqual([25, 25, 25, 25]);
    expect(val.toSorted()).toEqual([2, 2, 3, 3]);
    expect(train.map((count, i) => count + val[i])).toEqual([25, 25, 25, 25]);
  });

  it('opens from the folder of videos too', async () => {
    writeRelease(['hug_0001', 'hug_0002']);
    const inside = await openTvHi(join(root, 'tv_human_interactions_videos'), {
      cacheFolder: join(folder, 'cache'),
    });
    expect(await ids(inside, 'test')).toEqual(['hug_0002']);
  });

  it('misses a video that the release has, or goes on without it', async () => {
    writeRelease(whole.slice(0, 3));
    rmSync(join(root, 'synthetic.json'));
    await expect(open()).rejects.toThrow(`there is no video ${video('handShake_0004')}`);
    const skipping = await open({ skipBroken: true });
    expect(skipping.broken).toHaveLength(197);
    expect(await ids(skipping, 'test')).toEqual(['handShake_0002']);
  });

  it('refuses a video of no frames', async () => {
    writeRelease(['hug_0001', 'hug_0002']);
    const empty = ['-f', 'lavfi', '-i', 'color=s=64x48', '-frames:v', '0', '-c:v', 'mpeg4', '-y'];
    execFileSync('ffmpeg', ['-v', 'error', ...empty, video('hug_0002')]);
    await expect((await open()).samples('test')).rejects.toThrow(`cannot decode ${video('hug_0002')}`);
    const skipping = await open({ skipBroken: true });
    expect(await ids(skipping, 'test')).toEqual([]);
    expect(skipping.broken).toMatchObject([{ id: 'hug_0002' }]);
  });
});
