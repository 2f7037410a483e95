import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { DatasetOptions } from '../../src/datasets/dataset-kind.ts';
import { openStanford40, stanford40Actions } from '../../src/datasets/stanford-40.ts';
import { writePicture } from './small-media.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-stanford-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
const list = (name: string) => join(root, 'ImageSplits', `${name}.txt`);
const write = (name: string, lines: readonly string[]) => writeFileSync(list(name), lines.join('\r\n'));
const open = (options: DatasetOptions = {}) =>
  openStanford40(root, { cacheFolder: join(folder, 'cache'), ...options });
const ids = async (dataset: Dataset, split: string) => (await dataset.samples(split)).map(({ id }) => id);

beforeEach(async () => {
  root = mkdtempSync(join(folder, 'root-'));
  mkdirSync(join(root, 'ImageSplits'));
  write('train', ['phoning_002.jpg', 'applauding_001.jpg']);
  write('test', ['writing_on_a_book_010.jpg', '']);
  for (const name of ['phoning_002', 'applauding_001', 'writing_on_a_book_010']) {
    await writePicture(root, `JPEGImages/${name}.jpg`, 50);
  }
});

describe('Stanford 40 Actions', () => {
  it('has the pictures of its lists, labelled by their names', async () => {
    const dataset = await open();
    expect(dataset).toMatchObject({ name: 'stanford-40', root, splits: ['train', 'val', 'test'] });
    const samples = await dataset.samples('train');
    expect(samples[0]).toEqual({
      ...{ id: 'phoning_002.jpg', video: 'JPEGImages/phoning_002.jpg', frame: 1, frameCount: 1 },
    });
    const truth = await dataset.truth(samples);
    // Where the release's own list has them: 24th and 1st.
    expect([truth.indexOf(1), truth.lastIndexOf(1)]).toEqual([23, 40]);
    expect(truth.reduce((sum, value) => sum + value, 0)).toBe(2);
    expect(await ids(dataset, 'test')).toEqual(['writing_on_a_book_010.jpg']);
    expect(dataset.spaces[0]).toMatchObject({ name: 'stanford-40', task: 'single-label' });
    expect(new Set(dataset.spaces[0].names).size).toBe(40);
  });

  it('validates on a tenth of the training pictures, ten of each action of a whole release', async () => {
    const names = stanford40Actions.flatMap((action) =>
      Array.from({ length: 100 }, (_, i) => `${action}_${String(i + 1).padStart(3, '0')}.jpg`),
    );
    write('train', names);
    write('test', []);
    for (const name of names) writeFileSync(join(root, 'JPEGImages', name), '\xff\xd8\xff', 'latin1');
    const dataset = await open();
    const [train, val] = [await ids(dataset, 'train'), await ids(dataset, 'val')];
    expect([train.length, val.length]).toEqual([3600, 400]);
    expect([...train, ...val].sort()).toEqual([...names].sort());
    for (const action of stanford40Actions) {
      expect(val.filter((id) => id.replace(/_\d+\.jpg$/, '') === action)).toHaveLength(10);
    }
    expect(await ids(await open(), 'val')).toEqual(val);
  });

  it('takes the order of the actions from actions.txt', async () => {
    const reversed = [...stanford40Actions].reverse();
    write('actions', ['action_name\tnumber_of_images', ...reversed.map((action) => `${action}\t\t180`)]);
    expect((await open()).spaces[0].names).toEqual(reversed);
    write('actions', ['action_name\tnumber_of_images', ...reversed.slice(1).map((action) => `${action} 1`)]);
    await expect(open()).rejects.toThrow(
      `${list('actions')} must have a header and then each of the 40 actions once; received 39 of them`,
    );
    write('actions', ['action_name\tnumber_of_images', ...reversed.map(() => 'running 1')]);
    await expect(open()).rejects.toThrow('received the line "running"');
  });

  it.each([
    ['dancing_001.jpg', 'needs <action>_<number>.jpg with one of the 40 actions; received "dancing_001.jpg"'],
    ['phoning_003.png', 'needs <action>_<number>.jpg with one of the 40 actions'],
    ['phoning_002.jpg', 'repeats a picture; received phoning_002.jpg, as'],
  ])('refuses the line %s, or goes on without it', async (line, message) => {
    appendFileSync(list('test'), line);
    await expect(open()).rejects.toThrow(`${list('test')} line 2 ${message}`);
    const skipping = await open({ skipBroken: true });
    expect(skipping.broken).toHaveLength(1);
    expect(await ids(skipping, 'test')).toHaveLength(1);
  });

  it('says what is missing', async () => {
    appendFileSync(list('train'), '\nphoning_009.jpg');
    await expect((await open()).samples('train')).rejects.toThrow(
      `there is no file ${join(root, 'JPEGImages', 'phoning_009.jpg')}`,
    );
    rmSync(list('test'));
    await expect(open()).rejects.toThrow(`cannot read ${list('test')}`);
    rmSync(join(root, 'JPEGImages'), { recursive: true });
    await expect(open()).rejects.toThrow('Stanford 40 Actions has its pictures in JPEGImages');
  });
});
