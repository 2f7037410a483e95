import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isWitnessed, witnessOf } from '../../../eval/cache/witness.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../../src/datasets/dataset.ts';
import { writeTinyA2d } from '../../golden/tiny-a2d.ts';

let folder: string;
let dataset: Dataset;
let another: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-witness-'));
  const open = async (name: string, seed: number) => {
    await writeTinyA2d(join(folder, name), seed);
    return openA2d(join(folder, name), { cacheFolder: join(folder, 'labels') });
  };
  [dataset, another] = [await open('one', 1), await open('two', 2)];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sample = { video: 'alpha', frame: 5 };

/** The same data set with other frames. */
const withFrames = (frames: Dataset['frames']): Dataset => ({
  ...{ name: dataset.name, root: dataset.root, spaces: dataset.spaces, splits: dataset.splits, broken: [] },
  samples: (split) => dataset.samples(split),
  truth: (samples) => dataset.truth(samples),
  labelMap: (of) => dataset.labelMap!(of),
  frames,
});

describe('a witness', () => {
  it('names its picture, and holds where that picture is', async () => {
    const witness = await witnessOf(dataset, sample);
    expect(JSON.parse(witness.witness)).toEqual(sample);
    expect(witness.witness_pixels).toMatch(/^16x12 sha256 [0-9a-f]{64}$/);
    expect(await isWitnessed(dataset, { ...witness, split: 'val' })).toBe(true);
  });

  it('does not hold for another picture of that name, or another frame of the video', async () => {
    const witness = await witnessOf(dataset, sample);
    expect(await isWitnessed(another, witness)).toBe(false);
    const next = await witnessOf(dataset, { video: 'alpha', frame: 6 });
    expect(next.witness_pixels).not.toBe(witness.witness_pixels);
    expect(await isWitnessed(dataset, { ...witness, witness: next.witness })).toBe(false);
  });

  it('does not hold for the same bytes in another size', async () => {
    const witness = await witnessOf(dataset, sample);
    const turned = withFrames(async (video, numbers) =>
      (await dataset.frames(video, numbers)).map(({ data }) => ({ width: 12, height: 16, data })),
    );
    expect(await isWitnessed(turned, witness)).toBe(false);
  });

  it('does not hold where there is none', async () => {
    expect(await isWitnessed(dataset, { split: 'val' })).toBe(false);
  });

  it('does not hold where there is no such video', async () => {
    const witness = await witnessOf(dataset, sample);
    const gone = { ...witness, witness: JSON.stringify({ video: 'omega', frame: 1 }) };
    expect(await isWitnessed(dataset, gone)).toBe(false);
  });

  it('lets an error of the program pass', async () => {
    const witness = await witnessOf(dataset, sample);
    const broken = withFrames(() => Promise.reject(new TypeError('not a function')));
    await expect(isWitnessed(broken, witness)).rejects.toThrow(TypeError);
  });
});
