import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findA2d,
  frameName,
  isFolder,
  readSplit,
  sampleId,
  splitNames,
} from '../../../src/datasets/a2d/a2d-splits.ts';
import { BrokenSamples } from '../../../src/datasets/broken-samples.ts';
import { syntheticMark } from '../../../src/datasets/dataset-kind.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-splits-'));
afterAll(() => rmSync(folder, { recursive: true }));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'));
});

/** Makes a folder below the root. */
function make(...path: string[]): string {
  const made = join(root, ...path);
  mkdirSync(made, { recursive: true });
  return made;
}

function write(text: string, ...path: string[]): string {
  const file = join(root, ...path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('names', () => {
  it('have five digits, or as many as there are', () => {
    expect([frameName(1), frameName(30), frameName(123456)]).toEqual(['00001', '00030', '123456']);
    expect(sampleId({ video: 'a b', frame: 7 })).toBe('a b/00007');
  });
});

describe('findA2d', () => {
  it('takes each part from Release/, and where it lacks one from beside it', async () => {
    const annotations = make('Release', 'Annotations', 'mat');
    expect(await findA2d(root)).toEqual({
      release: join(root, 'Release'),
      annotations,
      frames: join(root, 'Release', 'pngs320H'),
      clips: join(root, 'Release', 'clips320H'),
      lists: null,
      synthetic: false,
    });
    const beside = ['pngs320H', 'clips320H', 'list'].map((name) => make(name));
    expect(await findA2d(root)).toMatchObject({ frames: beside[0], clips: beside[1], lists: beside[2] });
    const within = ['pngs320H', 'clips320H', 'list'].map((name) => make('Release', name));
    expect(await findA2d(root)).toMatchObject({ frames: within[0], clips: within[1], lists: within[2] });
  });

  it('prefers Release/ to annotations beside it, and takes those where they are all', async () => {
    const outer = make('Annotations', 'mat');
    expect(await findA2d(root)).toMatchObject({ release: root, annotations: outer });
    const inner = make('Release', 'Annotations', 'mat');
    expect(await findA2d(root)).toMatchObject({ release: join(root, 'Release'), annotations: inner });
  });

  it('knows a synthetic one by its mark', async () => {
    make('Release', 'Annotations', 'mat');
    write('{}', syntheticMark);
    expect((await findA2d(root)).synthetic).toBe(false);
    write('{}', 'Release', syntheticMark);
    expect((await findA2d(root)).synthetic).toBe(true);
  });

  it('is refused where there are no annotations, or no folder', async () => {
    write('', 'Release', 'Annotations', 'mat');
    const remedy = '; name the folder that holds Release/';
    await expect(findA2d(root)).rejects.toThrow(`received ${root}, which has none${remedy}`);
    const file = write('', 'file');
    for (const path of [file, join(root, 'absent')]) {
      await expect(findA2d(path)).rejects.toThrow(`received ${path}, which is no folder${remedy}`);
      expect(await isFolder(path)).toBe(false);
    }
  });
});

describe('splitNames', () => {
  it('are those of the lists, in the order of the challenge, or train and test', async () => {
    make('Annotations', 'mat');
    expect(await splitNames(await findA2d(root))).toEqual(['train', 'test']);
    for (const name of ['val.txt', 'test.txt', 'notes.txt', 'train.csv']) write('', 'list', name);
    expect(await splitNames(await findA2d(root))).toEqual(['val', 'test']);
    write('', 'list', 'train.txt');
    expect(await splitNames(await findA2d(root))).toEqual(['train', 'val', 'test']);
  });

  it('are refused where there are none', async () => {
    make('Annotations', 'mat');
    write('', 'list', 'notes.txt');
    await expect(splitNames(await findA2d(root))).rejects.toThrow(
      `${join(root, 'list')} needs train.txt, val.txt or test.txt; received none of them`,
    );
  });
});

/** A split's key frames as `video/frame`, and what was left out. */
async function read(split: string): Promise<{ frames: string[]; broken: { id: string; reason: string }[] }> {
  const broken = new BrokenSamples(true);
  const keyFrames = await readSplit(await findA2d(root), split, broken);
  return { frames: keyFrames.map(({ video, frame }) => `${video}/${frame}`), broken: broken.list };
}

describe('a list', () => {
  beforeEach(() => make('Annotations', 'mat'));

  it('gives the frames of its lines, in their order, however they end and are padded', async () => {
    write('\ufeffb/00003\r\n\n  a/00010  \na/9\nwith space/0001', 'list', 'val.txt');
    expect(await read('val')).toEqual({ frames: ['b/3', 'a/10', 'a/9', 'with space/1'], broken: [] });
  });

  it('leaves out what is no frame, or one that stood before, and says where', async () => {
    const lines = ['a/3', 'a', '/3', 'a/', 'a/b/3', 'a/3x', 'a/-3', 'a/3 4', 'a\\3', 'a/0003', 'b/3'];
    const path = write(lines.join('\n'), 'list', 'train.txt');
    const { frames, broken } = await read('train');
    expect(frames).toEqual(['a/3', 'b/3']);
    expect(broken).toEqual([
      ...lines.slice(1, 9).map((text, i) => ({
        id: text,
        reason: `${path} line ${i + 2} needs <video>/<frame>; received ${JSON.stringify(text)}`,
      })),
      { id: 'a/0003 again', reason: `${path} line 10 repeats a frame; received a/0003` },
    ]);
  });

  it('that cannot be read ends the work, broken ones skipped or not', async () => {
    const path = make('list', 'train.txt');
    await expect(read('train')).rejects.toThrow(`cannot read ${path}; received EISDIR`);
  });
});

describe('videoset.csv', () => {
  const row = (video: string, usage: string | number, label: string | number = 44) =>
    `${video},${label},0:00:01,0:00:03,240,320,9,2,${usage}`;

  beforeEach(() => {
    for (const name of ['00100.mat', '10.mat', '9.mat', '7.mat.bak', 'x8.mat', '6.png']) {
      write('', 'Release', 'Annotations', 'mat', 'a', name);
    }
    write('', 'Release', 'Annotations', 'mat', 'b', '00001.mat');
    write('', 'Release', 'Annotations', 'mat', 'c', '00002.mat');
  });

  it('has training videos of usage 0 and test videos of any other, with all their frames in order', async () => {
    write(`${row('c', 1)}\r\n${row('a', 0)}\n\n${row(' b ', ' 2 ')}`, 'Release', 'videoset.csv');
    expect(await read('train')).toEqual({ frames: ['a/9', 'a/10', 'a/100'], broken: [] });
    expect(await read('test')).toEqual({ frames: ['c/2', 'b/1'], broken: [] });
  });

  it.each([
    row('b', 0).replace('240', ''),
    row('b', 0).replace('240', '2.5'),
    row('b', 0).replace('320', '-320'),
    row('b', 0).replace('320', 'x320'),
    row('b', 0).replace('320', '320p'),
    row('b', ''),
    row('', 0),
    `${row('b', 0)},`,
    row('b', 0).split(',').slice(1).join(','),
    'VID,label,start_time,end_time,height,width,frames,annotated,usage',
  ])('leaves out the row %s', async (bad) => {
    const path = write(`${row('c', 0)}\n${bad}\n`, 'Release', 'videoset.csv');
    expect(await read('train')).toEqual({
      frames: ['c/2'],
      broken: [
        {
          id: `${path} line 2`,
          reason:
            `${path} line 2 needs 9 fields (video, label, start, end, and five whole numbers); ` +
            `received ${JSON.stringify(bad)}`,
        },
      ],
    });
  });

  it.each(['14', '', 'adult', '4.4'])('leaves out a row with the label "%s"', async (label) => {
    const path = write(`${row('b', 0, label)}\n${row('c', 0)}`, 'Release', 'videoset.csv');
    const reason = `${path} line 1 needs one of A2D's 43 label codes; received ${JSON.stringify(label)}`;
    expect(await read('train')).toEqual({ frames: ['c/2'], broken: [{ id: 'b', reason }] });
  });

  it('leaves out a second row, a second name of a frame, and a video without frames', async () => {
    const mat = join(root, 'Release', 'Annotations', 'mat');
    write('', 'Release', 'Annotations', 'mat', 'b', '1.mat');
    make('Release', 'Annotations', 'mat', 'none');
    const rows = [row('b', 0), row('b', 1), row('none', 0), row('absent', 0)];
    const path = write(rows.join('\n'), 'Release', 'videoset.csv');
    const { frames, broken } = await read('train');
    expect(frames).toEqual(['b/1']);
    expect(broken.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
      { id: 'absent', reason: `${join(mat, 'absent')} needs annotations (<frame>.mat); received none` },
      { id: 'b again', reason: `${path} line 2 repeats a video; received b, as line 1 does` },
      { id: 'b/1.mat', reason: `${join(mat, 'b')} repeats a frame; received 1.mat` },
      { id: 'none', reason: `${join(mat, 'none')} needs annotations (<frame>.mat); received none` },
    ]);
  });

  it('must be there', async () => {
    await expect(read('train')).rejects.toThrow(
      `cannot read ${join(root, 'Release', 'videoset.csv')}; received ENOENT`,
    );
  });
});
