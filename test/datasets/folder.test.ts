import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.ts';
import type { DatasetOptions } from '../../src/datasets/dataset-kind.ts';
import { openFolder } from '../../src/datasets/folder.ts';
import { greyPicture, writeClip, writePicture } from './small-media.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
const table = () => join(root, 'labels.csv');
const write = (name: string, text: string | Uint8Array) => writeFileSync(join(root, name), text);
const open = (options: DatasetOptions = {}) =>
  openFolder(root, { cacheFolder: join(folder, 'cache'), ...options });

/** The samples of a split, each with the names of its labels. */
async function labelled(dataset: Dataset, split: string) {
  const samples = await dataset.samples(split);
  const truth = await dataset.truth(samples);
  const [{ names }] = dataset.spaces;
  return samples.map((sample, row) => ({
    ...sample,
    labels: names.filter((_, label) => truth[row * names.length + label] === 1),
  }));
}

describe('a folder with labels.csv', () => {
  beforeAll(async () => {
    root = mkdtempSync(join(folder, 'table-'));
    await writePicture(root, 'one.png', 10);
    await writePicture(root, 'deep/two, "2".png', 20);
    await writePicture(root, 'three.jpg', 30);
    await writeClip(root, 'clip.mp4', 5);
  });
  beforeEach(() => rmSync(join(root, 'labels.txt'), { force: true }));

  it('has the samples of its rows, whatever the quotes, line ends and byte order mark', async () => {
    const rows = [
      'split,file,labels,note,group,frame',
      'train,one.png,dog|cat,,,',
      'val,"deep/two, ""2"".png","cat",a note,scene,',
      'train,clip.mp4,"bird; dog","over',
      'two lines",scene,3',
      'train,clip.mp4, bird ,,,5',
      '',
    ];
    for (const text of [rows.join('\n'), `\ufeff${rows.join('\r\n')}`]) {
      write('labels.csv', text);
      const dataset = await open();
      expect(dataset.splits).toEqual(['train', 'val']);
      expect(dataset.spaces[0]).toMatchObject({ task: 'multi-label', names: ['bird', 'cat', 'dog'] });
      expect(await labelled(dataset, 'train')).toEqual([
        { id: 'one.png', video: 'one.png', frame: 1, frameCount: 1, labels: ['cat', 'dog'] },
        {
          ...{ id: 'clip.mp4/00003', video: 'clip.mp4', frame: 3, frameCount: 5, group: 'scene' },
          labels: ['bird', 'dog'],
        },
        { id: 'clip.mp4/00005', video: 'clip.mp4', frame: 5, frameCount: 5, labels: ['bird'] },
      ]);
      const two = 'deep/two, "2".png';
      expect(await labelled(dataset, 'val')).toEqual([
        { id: two, video: two, frame: 1, frameCount: 1, group: 'scene', labels: ['cat'] },
      ]);
    }
  });

  it('is read in UTF-16 with a byte order mark', async () => {
    write('labels.csv', Buffer.from('\ufefffile,labels\r\none.png,Bär\r\n', 'utf16le'));
    expect(await labelled(await open(), 'train')).toMatchObject([{ id: 'one.png', labels: ['Bär'] }]);
  });

  it('has all in train where there is no column for splits, and whole videos where none for frames', async () => {
    write('labels.csv', 'file,label\nclip.mp4,a|b\none.png,c\n');
    const dataset = await open();
    expect(dataset.splits).toEqual(['train']);
    expect(dataset.spaces[0]).toMatchObject({ task: 'single-label', names: ['a|b', 'c'] });
    expect(await dataset.samples('train')).toEqual([
      { id: 'clip.mp4', video: 'clip.mp4', frame: null, frameCount: 5 },
      { id: 'one.png', video: 'one.png', frame: 1, frameCount: 1 },
    ]);
  });

  it('takes the order of labels from labels.txt', async () => {
    write('labels.csv', 'file,labels\none.png,cat\n');
    write('labels.txt', 'dog\nbird\ncat\n');
    const dataset = await open();
    expect(dataset.spaces[0].names).toEqual(['dog', 'bird', 'cat']);
    expect([...(await dataset.truth(await dataset.samples('train')))]).toEqual([0, 0, 1]);
  });

  it('gives spaces of other labels other names, and of the same labels the same', async () => {
    write('labels.csv', 'file,labels\none.png,cat\n');
    const [{ name }] = (await open()).spaces;
    write('labels.csv', 'file,labels\nthree.jpg,cat\none.png,cat\n');
    expect((await open()).spaces[0].name).toBe(name);
    write('labels.csv', 'file,labels\none.png,dog\n');
    expect((await open()).spaces[0].name).not.toBe(name);
  });

  it('gives frames of pictures and videos, in the order asked for', async () => {
    write('labels.csv', 'file,labels\none.png,a\nclip.mp4,b\n');
    const dataset = await open();
    expect(await dataset.frames('one.png', [1, 1])).toEqual([greyPicture(10), greyPicture(10)]);
    const frames = await dataset.frames('clip.mp4', [4, 1, 4]);
    // H.264 is not lossless; the greys are ten levels apart.
    const greys = frames.map(({ data }) => Math.round((data[data.length - 1] - 40) / 10));
    expect(greys).toEqual([3, 0, 3]);
    expect(frames[0]).toBe(frames[2]);
    expect((await dataset.frames('clip.mp4', [2, 4]))[1]).toBe(frames[0]);
    await expect(dataset.frames('one.png', [2])).rejects.toThrow(
      'a picture, whose only frame is 1; received 2',
    );
    await expect(dataset.samples('val')).rejects.toMatchObject({ exitCode: 2 });
  });

  it.each([
    ['file;labels\none.png;cat', 'needs a header with file and labels'],
    ['one.png,cat\nthree.jpg,dog', 'needs a header with file and labels'],
    ['file,labels,label\none.png,a,b', 'needs a header with file and labels'],
    ['file,labels,file\none.png,a,b', 'must have a column once; received file twice'],
    ['file,labels,spilt\none.png,a,val', 'call the column split instead of spilt'],
    ['file,labels,Group\none.png,a,x', 'call the column group instead of Group'],
    ['file,labels\n', 'must have a row for each sample; received none'],
    ['', 'needs a header with file and labels'],
    ['file,labels\none.png,"cat', 'must be a table of comma-separated values; received Quote Not Closed'],
    [
      Buffer.from('file,labels\none.png,B\xe4r\n', 'latin1'),
      'must be text in UTF-8; received byte 0xE4 in line 2',
    ],
  ])('is refused as %j', async (text, message) => {
    write('labels.csv', text);
    await expect(open()).rejects.toThrow(message);
    await expect(open({ skipBroken: true })).rejects.toThrow(table());
  });

  it.each([
    ['one.png,cat', 'needs 3 cells, as the header has; received 2: "one.png,cat"'],
    ['one.png,cat,validation', 'needs a split; received "validation"; known: train, val, test'],
    ['one.png,cat,', 'needs a split; received ""'],
    ['one.png,,val', 'needs a label; received none'],
    ['one.png,cat||dog,val', 'needs a label on either side of a separator; received "cat||dog"'],
    ['one.png,cat|cat,val', 'must have a label once; received "cat" twice'],
    ['../one.png,cat,val', 'needs a file in the folder, as a path with / between; received "../one.png"'],
    ['/one.png,cat,val', 'needs a file in the folder'],
    [',cat,val', 'needs a file in the folder'],
    ['three.jpg,dog,val', 'repeats a file; received three.jpg, as line 2 does'],
  ])('is refused with the row %s, or goes on without it', async (row, message) => {
    write('labels.csv', `file,labels,split\nthree.jpg,dog,train\n${row}\n`);
    await expect(open()).rejects.toThrow(`${table()} line 3 ${message}`);
    const skipping = await open({ skipBroken: true });
    expect(await skipping.samples('train')).toHaveLength(1);
    expect(skipping.broken).toEqual([
      { id: 'labels.csv line 3', reason: expect.stringContaining(`line 3 ${message}`) },
    ]);
  });

  it.each([
    ['0', 'needs a frame numbered from 1, or none; received "0"'],
    ['1.5', 'needs a frame numbered from 1, or none; received "1.5"'],
  ])('is refused with the frame %s', async (frame, message) => {
    write('labels.csv', `file,labels,frame\nclip.mp4,dog,${frame}\n`);
    await expect(open()).rejects.toThrow(`${table()} line 2 ${message}`);
  });

  it('refuses a label that labels.txt lacks, and one that it repeats', async () => {
    write('labels.csv', 'file,labels\none.png,cat\nthree.jpg,bidr\n');
    write('labels.txt', 'cat\nbird\n');
    await expect(open()).rejects.toThrow(
      `${table()} line 3 needs labels of labels.txt; received "bidr"; did you mean bird?`,
    );
    expect(await (await open({ skipBroken: true })).samples('train')).toHaveLength(1);
    write('labels.txt', 'cat\nbird\ncat\n');
    await expect(open()).rejects.toThrow(
      `labels must be different; received cat twice in ${join(root, 'labels.txt')}`,
    );
  });

  it.each([
    ['gone.png', '', 'there is no file'],
    ['clip.mp4', '6', 'a key frame must lie in its video'],
    ['one.png', '2', 'a key frame must lie in its video'],
    ['notes.txt', '', 'cannot decode'],
    ['empty.avi', '', 'cannot decode'],
  ])('refuses the file %s at frame "%s" once its split is asked for', async (file, frame, message) => {
    write('notes.txt', 'neither a picture nor a video');
    write('empty.avi', '');
    write('labels.csv', `file,labels,frame\nthree.jpg,cat,\n${file},dog,${frame}\n`);
    await expect((await open()).samples('train')).rejects.toThrow(message);
    const skipping = await open({ skipBroken: true });
    expect((await skipping.samples('train')).map(({ id }) => id)).toEqual(['three.jpg']);
    expect(skipping.broken).toEqual([
      { id: frame ? `${file}/0000${frame}` : file, reason: expect.stringContaining(join(root, file)) },
    ]);
  });

  it('finds a picture that is cut off where broken ones are skipped', async () => {
    await writePicture(root, 'cut.png', 90);
    truncateSync(join(root, 'cut.png'), 60);
    write('labels.csv', 'file,labels\ncut.png,cat\none.png,cat\n');
    expect(await (await open()).samples('train')).toHaveLength(2);
    const skipping = await open({ skipBroken: true });
    expect((await skipping.samples('train')).map(({ id }) => id)).toEqual(['one.png']);
    expect(skipping.broken).toMatchObject([{ id: 'cut.png' }]);
  });
});

describe('a folder of class folders', () => {
  beforeEach(async () => {
    root = mkdtempSync(join(folder, 'classes-'));
    await writePicture(root, 'train/dog/b.png', 10);
    await writePicture(root, 'train/dog/a.JPG', 20);
    await writePicture(root, 'train/Zebra/deeper/c.png', 30);
    await writePicture(root, 'test/dog/d.png', 40);
    await writePicture(root, 'test/.hidden/e.png', 50);
    await writePicture(root, 'other/cat/f.png', 60);
    write('train/dog/notes.txt', 'not a sample');
  });

  it('has the files of each split, labelled by their folders in the order that Python sorts in', async () => {
    const dataset = await open();
    expect(dataset).toMatchObject({ name: 'folder', root, splits: ['train', 'test'] });
    expect(dataset.spaces[0]).toMatchObject({ task: 'single-label', names: ['Zebra', 'dog'] });
    const found = await labelled(dataset, 'train');
    expect(found.map(({ id, labels }) => [id, labels])).toEqual([
      ['train/Zebra/deeper/c.png', ['Zebra']],
      ['train/dog/a.JPG', ['dog']],
      ['train/dog/b.png', ['dog']],
    ]);
    expect(await labelled(dataset, 'test')).toMatchObject([{ id: 'test/dog/d.png', labels: ['dog'] }]);
    expect(await dataset.frames('train/dog/a.JPG', [1])).toEqual([greyPicture(20)]);
  });

  it('refuses a class folder without pictures', async () => {
    mkdirSync(join(root, 'train', 'bird'));
    write('train/bird/notes.txt', '');
    await expect(open()).rejects.toThrow(
      `a class folder must hold pictures or videos; received ${join(root, 'train', 'bird')}, which has none`,
    );
    expect((await open({ skipBroken: true })).broken).toMatchObject([{ id: 'train/bird' }]);
  });

  it('refuses a class that labels.txt lacks', async () => {
    write('labels.txt', 'dog\ncat\n');
    await expect(open()).rejects.toThrow(
      `${join(root, 'train', 'Zebra')} needs labels of labels.txt; received "Zebra"; add it there, or correct it`,
    );
  });

  it('gives way to labels.csv', async () => {
    write('labels.csv', 'file,labels\nother/cat/f.png,cat\n');
    const dataset = await open();
    expect(dataset.spaces[0].names).toEqual(['cat']);
  });
});
