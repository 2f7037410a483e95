import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { LabelCache } from '../../src/data/label-cache.ts';
import { writeAnnotation } from '../../src/node/mat-file.ts';

const root = mkdtempSync(join(tmpdir(), 'actionnx-labels-'));
afterAll(() => rmSync(root, { recursive: true }));

let annotations: string;
let caches: string;
beforeEach(() => {
  annotations = mkdtempSync(join(root, 'mat-'));
  caches = mkdtempSync(join(root, 'cache-'));
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
