import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LabelCache } from '../../../src/datasets/a2d/label-cache.ts';
import { writeAnnotation } from '../../../src/node/mat-file.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-labels-'));
afterAll(() => rmSync(root, { recursive: true }));

let annotations: string;
let caches: string;
beforeEach(() => {
  annotations = mkdtempSync(join(root, 'mat-'));
  caches = mkdtempSync(join(root, 'cache-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const write = (name: string, code: number) =>
  writeAnnotation(join(annotations, name), {
    labelMap: { width: 2, height: 2, codes: Uint8Array.of(0, code, code, 0) },
    objects: [],
  });
const codes = (...names: string[]) => new LabelCache(annotations, caches).codes(names);
const cacheFile = () => join(caches, readdirSync(caches)[0]);

describe('the label cache', () => {
  it('is what a second look reads: a file it knows is not opened', async () => {
    await write('a.mat', 11);
    expect(await codes('a.mat')).toEqual([[11]]);
    // Were the annotation read, its own code would come back.
    writeFileSync(cacheFile(), readFileSync(cacheFile(), 'utf8').replace('[11]', '[79]'));
    expect(await codes('a.mat')).toEqual([[79]]);
  });

  it('reads a file again whose size or time changed', async () => {
    await write('a.mat', 11);
    await codes('a.mat');
    await write('a.mat', 12);
    utimesSync(join(annotations, 'a.mat'), 1_000_000, 1_000_000);
    expect(await codes('a.mat')).toEqual([[12]]);
  });

  it.each([
    ['size', 'code 79 in more bytes', 5],
    ['time', '', 6],
  ])('reads a file again of which only the %s changed', async (_, more, seconds) => {
    await write('a.mat', 11);
    utimesSync(join(annotations, 'a.mat'), 5, 5);
    await codes('a.mat');
    await write('a.mat', 12);
    appendFileSync(join(annotations, 'a.mat'), more);
    utimesSync(join(annotations, 'a.mat'), seconds, seconds);
    expect(await codes('a.mat')).toEqual([[12]]);
    // And knows it then.
    const written = readFileSync(cacheFile(), 'utf8');
    expect(await codes('a.mat')).toEqual([[12]]);
    expect(readFileSync(cacheFile(), 'utf8')).toBe(written);
  });

  it('is not made anew where nothing was read, nor made where nothing could be', async () => {
    await write('a.mat', 11);
    await codes('a.mat');
    utimesSync(cacheFile(), 5, 5);
    await codes('a.mat');
    expect(statSync(cacheFile()).mtimeMs).toBe(5000);
    rmSync(cacheFile());
    await expect(codes('absent.mat')).rejects.toThrow('there is no annotation');
    expect(readdirSync(caches)).toEqual([]);
  });

  it('tells of broken files where it is asked to, and gives them no codes', async () => {
    await write('a.mat', 11);
    writeFileSync(join(annotations, 'b.mat'), 'broken');
    const told: [string, string][] = [];
    const steps: number[] = [];
    const cache = new LabelCache(annotations, caches);
    const found = await cache.codes(['b.mat', 'a.mat', 'c.mat'], {
      onBroken: (name, error) => told.push([name, String(error)]),
      onProgress: (done) => steps.push(done),
    });
    expect(found).toEqual([[], [11], []]);
    expect(told.toSorted()).toEqual([
      ['b.mat', expect.stringContaining('cannot read the annotation')],
      ['c.mat', expect.stringContaining('there is no annotation')],
    ]);
    expect(steps).toEqual([1, 2, 3]);
    expect(Object.keys(JSON.parse(readFileSync(cacheFile(), 'utf8')).files)).toEqual(['a.mat']);
  });

  it('is another for another folder, and none that says to be of another', async () => {
    await write('a.mat', 11);
    await codes('a.mat');
    const [own] = readdirSync(caches);
    const other = mkdtempSync(join(root, 'other-'));
    writeFileSync(join(other, 'a.mat'), readFileSync(join(annotations, 'a.mat')));
    await new LabelCache(other, caches).codes(['a.mat']);
    expect(readdirSync(caches)).toHaveLength(2);
    // Of another folder, or of a format to come.
    const cached = JSON.parse(readFileSync(join(caches, own), 'utf8'));
    cached.files['a.mat'][2] = [79];
    for (const change of [
      { folder: other },
      { format: 'actionnx-label-cache-2' },
      { files: { 'a.mat': [1] } },
    ]) {
      writeFileSync(join(caches, own), JSON.stringify({ ...cached, ...change }));
      expect(await codes('a.mat')).toEqual([[11]]);
    }
    writeFileSync(join(caches, own), JSON.stringify(cached));
    expect(await codes('a.mat')).toEqual([[79]]);
  });

  it('goes where caches go unless told', async () => {
    await write('a.mat', 11);
    vi.stubEnv('XDG_CACHE_HOME', join(caches, 'xdg'));
    await new LabelCache(annotations).codes(['a.mat']);
    expect(readdirSync(join(caches, 'xdg', 'actionnx'))).toEqual([
      expect.stringMatching(/^labels-[0-9a-f]{16}\.json$/),
    ]);
    vi.stubEnv('XDG_CACHE_HOME', undefined);
    vi.stubEnv('HOME', join(caches, 'home'));
    await new LabelCache(annotations).codes(['a.mat']);
    expect(readdirSync(join(caches, 'home', '.cache', 'actionnx'))).toHaveLength(1);
  });

  it('reads its file once, and keeps what calls at one time have read', async () => {
    await write('a.mat', 11);
    await write('b.mat', 54);
    const cache = new LabelCache(annotations, caches);
    expect(await Promise.all([cache.codes(['a.mat']), cache.codes(['b.mat'])])).toEqual([[[11]], [[54]]]);
    expect(Object.keys(JSON.parse(readFileSync(cacheFile(), 'utf8')).files).sort()).toEqual([
      'a.mat',
      'b.mat',
    ]);
    writeFileSync(cacheFile(), readFileSync(cacheFile(), 'utf8').replace('[11]', '[79]'));
    expect(await cache.codes(['a.mat'])).toEqual([[11]]);
  });

  it('grows by what was missing, and is made anew when it is damaged', async () => {
    await write('a.mat', 11);
    await write('b.mat', 54);
    await codes('a.mat');
    expect(await codes('b.mat', 'a.mat')).toEqual([[54], [11]]);
    expect(Object.keys(JSON.parse(readFileSync(cacheFile(), 'utf8')).files)).toEqual(['a.mat', 'b.mat']);
    writeFileSync(cacheFile(), readFileSync(cacheFile()).subarray(0, 50));
    expect(await codes('a.mat', 'b.mat')).toEqual([[11], [54]]);
    expect(JSON.parse(readFileSync(cacheFile(), 'utf8')).files['a.mat'][2]).toEqual([11]);
  });

  it('keeps what it read before a broken file', async () => {
    await write('a.mat', 11);
    writeFileSync(join(annotations, 'b.mat'), 'broken');
    await expect(codes('a.mat', 'b.mat')).rejects.toThrow(`cannot read the annotation ${annotations}/b.mat`);
    expect(Object.keys(JSON.parse(readFileSync(cacheFile(), 'utf8')).files)).toEqual(['a.mat']);
  });

  it('says how far it is', async () => {
    await write('a.mat', 11);
    await write('b.mat', 54);
    const steps: [number, number][] = [];
    const onProgress = (done: number, total: number) => steps.push([done, total]);
    await new LabelCache(annotations, caches).codes(['a.mat', 'b.mat'], { onProgress });
    expect(steps).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});
