import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { datasetKinds, openDataset } from '../../src/datasets/index.ts';
import { writePicture } from './small-media.ts';
import { writeSmallRelease } from './small-release.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-datasets-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
});
const put = (...parts: string[]) => {
  const path = join(root, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
};
const detected = async () => {
  const kinds = datasetKinds.all;
  const found = await Promise.all(kinds.map((kind) => kind.detect(root)));
  return kinds.filter((_, i) => found[i]).map(({ name }) => name);
};

describe('a data set', () => {
  it.each([
    ['a2d', ['Release', 'videoset.csv']],
    ['a2d', ['Annotations', 'mat', 'video', '00001.mat']],
    ['a2d', ['Release', 'clips320H', 'video.mp4']],
    ['folder', ['labels.csv']],
    ['folder', ['val', 'dog', 'picture.png']],
    ['stanford-40', ['ImageSplits', 'train.txt']],
    ['stanford-40', ['ImageSplits', 'actions.txt']],
    ['tv-hi', ['tv_human_interactions_videos', 'hug_0001.avi']],
    ['tv-hi', ['kiss_0012.avi']],
  ])('is known as %s by %j', async (name, parts) => {
    put(...parts);
    expect(await detected()).toEqual([name]);
  });

  it.each([[['picture.png']], [['dog', 'picture.png']], [['train', 'picture.png']], [['kiss.avi']]])(
    'is none with %j',
    async (parts) => {
      put(...parts);
      expect(await detected()).toEqual([]);
    },
  );

  it('opens by its layout', async () => {
    await writeSmallRelease(root, 'challenge');
    const options = { cacheFolder: join(folder, 'cache') };
    const a2d = await openDataset(root, options);
    expect(a2d.name).toBe('a2d');
    expect(await a2d.samples('val')).toHaveLength(3);
    root = mkdtempSync(join(folder, 'root-'));
    await writePicture(root, 'train/dog/a.png', 10);
    expect((await openDataset(root, options)).spaces[0].names).toEqual(['dog']);
  });

  it('is refused where the folder is like none, with what each is like', async () => {
    put('picture.png');
    await expect(openDataset(root)).rejects.toThrow(
      `a data set is known by what its folder holds; received ${root}, which is like none of them; ` +
        'a2d: Release/ with Annotations/mat and pngs320H/ or clips320H/; ' +
        'folder: labels.csv, or class folders: train/<label>/<file>; ' +
        'stanford-40: ImageSplits/{train,test}.txt and JPEGImages/; ' +
        'tv-hi: tv_human_interactions_videos/{handShake,highFive,hug,kiss}_<number>.avi',
    );
    await expect(openDataset(join(root, 'absent'))).rejects.toThrow(
      `a data set lies in a folder; received ${join(root, 'absent')}, which is no folder`,
    );
  });

  it('is refused where the folder is like two', async () => {
    put('labels.csv');
    put('ImageSplits', 'train.txt');
    await expect(openDataset(root)).rejects.toThrow(
      'which has labels.csv, or class folders: train/<label>/<file> as folder and ' +
        'ImageSplits/{train,test}.txt and JPEGImages/ as stanford-40; move one of them into a folder of its own',
    );
  });
});
