import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { a2dLabels } from '../../src/core/labels.ts';
import { checkDataset, countFaults } from '../../src/datasets/check.ts';
import { openDataset } from '../../src/datasets/index.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeAnnotation } from '../../src/node/mat-file.ts';
import { greyPicture, writeClip, writePicture } from './small-media.ts';
import { writeSmallRelease } from './small-release.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
});

const check = async () =>
  checkDataset(await openDataset(root, { skipBroken: true, cacheFolder: join(root, 'cache') }));
const table = (...rows: string[]) =>
  writeFileSync(join(root, 'labels.csv'), ['file,labels,split,group,frame', ...rows].join('\n'));

describe('the check of a data set', () => {
  it('finds nothing where nothing is wrong', async () => {
    for (const [i, split] of ['train', 'val'].entries()) {
      await writePicture(root, `${split}/dog/a.png`, 10 + 50 * i);
      await writePicture(root, `${split}/cat/a.png`, 20 + 50 * i);
    }
    const faults = await check();
    expect(faults).toEqual({
      ...{
        dataset: 'folder',
        root,
        unreadable: [],
        duplicates: [],
        leaks: [],
        absentLabels: [],
        unlabelled: [],
      },
      splits: [
        { split: 'train', samples: 2 },
        { split: 'val', samples: 2 },
      ],
    });
    expect(countFaults(faults)).toBe(0);
  });

  it('finds the same pixels within and across splits, whatever their bytes', async () => {
    await writePicture(root, 'a.png', 10, 1);
    await writePicture(root, 'b.png', 10, 9);
    await writePicture(root, 'c.png', 30);
    await writePicture(root, 'd.png', 30);
    await writePicture(root, 'e.png', 31);
    expect(readFileSync(join(root, 'a.png')).equals(readFileSync(join(root, 'b.png')))).toBe(false);
    // As many pixels, and all alike, in another shape.
    await writeFile(join(root, 'f.png'), await encodePng({ ...greyPicture(31), width: 12, height: 16 }));
    table(
      'a.png,x,train,,',
      'b.png,x,val,,',
      'c.png,x,train,,',
      'd.png,x,train,,',
      'e.png,x,val,,',
      'f.png,x,val,,',
    );
    const { duplicates, ...faults } = await check();
    expect(duplicates).toEqual([
      [
        { split: 'train', id: 'a.png' },
        { split: 'val', id: 'b.png' },
      ],
      [
        { split: 'train', id: 'c.png' },
        { split: 'train', id: 'd.png' },
      ],
    ]);
    expect(countFaults({ ...faults, duplicates })).toBe(2);
  });

  it('compares every frame of whole videos, and the key frames of others', async () => {
    await writeClip(root, 'a.mp4', 4);
    await writeClip(root, 'b.mp4', 4);
    await writeClip(root, 'c.mp4', 5);
    table('a.mp4,x,train,,', 'b.mp4,x,train,,', 'c.mp4,x,train,,');
    expect((await check()).duplicates).toEqual([
      [
        { split: 'train', id: 'a.mp4' },
        { split: 'train', id: 'b.mp4' },
      ],
    ]);
    table('a.mp4,x,train,,1', 'a.mp4,x,train,,2', 'b.mp4,x,train,,2');
    expect((await check()).duplicates).toEqual([
      [
        { split: 'train', id: 'a.mp4/00002' },
        { split: 'train', id: 'b.mp4/00002' },
      ],
    ]);
  });

  it('finds videos and groups that several splits share', async () => {
    await writeClip(root, 'a.mp4', 4);
    for (const [i, name] of ['b', 'c', 'd', 'e'].entries()) await writePicture(root, `${name}.png`, 10 * i);
    table(
      ...['a.mp4,x,train,,1', 'a.mp4,x,test,,2', 'b.png,x,train,one,', 'c.png,x,train,one,'],
      ...['d.png,x,train,two,', 'e.png,x,val,two,'],
    );
    expect((await check()).leaks).toEqual([
      { group: 'a.mp4', splits: ['train', 'test'] },
      { group: 'two', splits: ['train', 'val'] },
    ]);
  });

  it('lists what cannot be read, and labels that a split lacks', async () => {
    await writePicture(root, 'a.png', 10);
    await writePicture(root, 'cut.png', 20);
    truncateSync(join(root, 'cut.png'), 60);
    table('a.png,x,train,,', 'cut.png,y,val,,', 'gone.png,x,val,,', 'a.png,,val,,');
    const { unreadable, absentLabels, splits } = await check();
    expect(unreadable.map(({ id }) => id)).toEqual(['labels.csv line 5', 'gone.png', 'cut.png']);
    expect(absentLabels).toEqual([
      { split: 'train', label: 'y' },
      { split: 'val', label: 'x' },
      { split: 'val', label: 'y' },
    ]);
    expect(splits).toEqual([
      { split: 'train', samples: 1 },
      { split: 'val', samples: 0 },
    ]);
  });

  it('tells how far it is', async () => {
    await writePicture(root, 'a.png', 10);
    await writePicture(root, 'b.png', 20);
    table('a.png,x,train,,', 'b.png,x,val,,');
    const steps: number[][] = [];
    const dataset = await openDataset(root, { cacheFolder: join(root, 'cache') });
    await checkDataset(dataset, { onProgress: (...step) => steps.push(step) });
    expect(steps).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('looks through A2D: frames, videos, annotations', async () => {
    await writeSmallRelease(root, 'challenge');
    const { splits, leaks, unlabelled, absentLabels, unreadable, duplicates } = await check();
    expect(splits).toEqual([
      { split: 'train', samples: 2 },
      { split: 'val', samples: 3 },
    ]);
    expect(leaks).toEqual([{ group: 'aa-runs', splits: ['train', 'val'] }]);
    expect(unlabelled).toEqual([{ split: 'val', id: 'car.v1/00007' }]);
    expect(absentLabels.filter(({ split }) => split === 'train')).toHaveLength(40);
    expect([unreadable, duplicates]).toEqual([[], []]);
    truncateSync(join(root, 'Release', 'Annotations', 'mat', '_bird', '00003.mat'), 2000);
    expect((await check()).unreadable).toMatchObject([{ id: '_bird/00003' }]);
  });
});

const real = resolve(import.meta.dirname, '../../../shared/real');
const hasReal = existsSync(join(real, 'a2d-challenge'));
if (!hasReal)
  console.warn('skipped: "the check of the challenge’s real lists": no folder ../shared/real/a2d-challenge');

describe.skipIf(!hasReal)('the check of the challenge’s real lists', () => {
  it('finds the videos that validation and test share, and the labels that either lacks', async () => {
    const sets = new Map(
      readFileSync(join(real, 'a2d-labels', 'newVideoSet.csv'), 'utf8')
        .split(/\r?\n/)
        .map((line) => line.split(','))
        .map(([id, labels = '']) => [id, labels.split(' ').map(Number)] as const),
    );
    expect(sets.size).toBeGreaterThan(11_000);
    const lists = ['val', 'test'].map((split) => ({
      split,
      lines: readFileSync(join(real, 'a2d-challenge', `${split}.txt`), 'utf8')
        .split('\n')
        .slice(0, 60),
    }));
    const release = join(root, 'Release');
    await mkdir(join(release, 'list'), { recursive: true });
    const videos = new Map<string, Set<string>>();
    let grey = 0;
    for (const { split, lines } of lists) {
      await writeFile(join(release, 'list', `${split}.txt`), lines.join('\n'));
      for (const line of lines) {
        const [video, frame] = line.split('/');
        videos.set(video, (videos.get(video) ?? new Set()).add(split));
        await writePicture(release, `pngs320H/${video}/${frame}.png`, grey++);
        await mkdir(join(release, 'Annotations', 'mat', video), { recursive: true });
        const codes = new Uint8Array(8);
        codes.set(sets.get(`pngs320H/${line}.png`) ?? []);
        const labelMap = { width: 4, height: 2, codes };
        await writeAnnotation(join(release, 'Annotations', 'mat', `${line}.mat`), { labelMap, objects: [] });
      }
    }
    // Not every frame of a video is there, which only skipping would mind.
    const faults = await checkDataset(await openDataset(root, { cacheFolder: join(root, 'cache') }));
    const shared = [...videos].filter(([, splits]) => splits.size > 1).map(([video]) => video);
    expect(shared.length).toBeGreaterThan(0);
    expect(faults.leaks.map(({ group }) => group).sort()).toEqual(shared.sort());
    const absent = lists.flatMap(({ split, lines }) => {
      const codes = new Set(lines.flatMap((line) => sets.get(`pngs320H/${line}.png`) ?? []));
      return a2dLabels.names
        .filter((_, i) => !codes.has(a2dLabels.codes[i]))
        .map((label) => ({ split, label }));
    });
    expect(absent.length).toBeLessThan(80);
    expect(faults.absentLabels).toEqual(absent);
  });
});
