import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Dataset,
  evaluateBundles,
  openA2d,
  readBundle,
  scoreBundles,
  writeEvaluationReport,
} from '../../index.ts';
import { validated } from '../bundle-parts.ts';
import { writeTinyA2d } from '../golden/tiny-a2d.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';

let folder: string;
let dataset: Dataset;
let bundles: string[];
const at = (name: string) => join(folder, name);
const print = vi.spyOn(console, 'log');
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-evaluate-'));
  await writeTinyA2d(at('data'));
  dataset = await openA2d(at('data'), { cacheFolder: at('labels') });
  bundles = [at('frame'), at('clip')];
  await writeTinyBundle(bundles[0], await tinyBundle('tiny-frame', { name: 'one', scores: validated(0.5) }));
  await writeTinyBundle(bundles[1], await tinyBundle('tiny-clip', { name: 'two', scores: validated(0.6) }));
  await writeTinyBundle(at('raw'), await tinyBundle('tiny-frame', { name: 'raw', scores: [] }));
});
afterAll(async () => {
  expect(print).not.toHaveBeenCalled();
  await rm(folder, { recursive: true, force: true });
});

describe('from a program', () => {
  it('scores bundles, with progress where there is something to infer', async () => {
    const heard: [string, number][] = [];
    const options = { dataset, cache: at('cache'), provider: 'cpu' } as const;
    const onProgress = (work: string, done: number, total: number) => heard.push([work, total - done]);
    const scored = await scoreBundles(bundles, { ...options, onProgress });
    expect(scored.map(({ bundle }) => bundle.folder)).toEqual(bundles);
    expect([...new Set(heard.map(([work]) => work))]).toEqual(['one on val', 'two on val']);
    expect(heard.at(-1)).toEqual(['two on val', 0]);
    heard.length = 0;
    const [again] = await scoreBundles([{ ...(await readBundle(bundles[0])), folder: 'read' }], {
      ...options,
      onProgress,
    });
    expect([again.inferred, again.bundle.folder, heard]).toEqual([0, 'read', []]);
    expect(again.probabilities).toEqual(scored[0].probabilities);
  });

  it('evaluates them and their ensemble, by whatever weights, and reports', async () => {
    const options = { dataset, cache: at('cache'), provider: 'cpu' } as const;
    const weightsOf = async (ensemble: Parameters<typeof evaluateBundles>[1]['ensemble']) =>
      (await evaluateBundles(bundles, { ...options, ensemble })).result.ensemble;
    const recorded = await evaluateBundles(bundles, { ...options, ensemble: { by: 'recorded' } });
    expect(recorded.result.systems.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(recorded.result.ensemble).toMatchObject({ rule: 'vote-average', weightsFrom: 'val' });
    expect(await weightsOf(undefined)).toBe(null);
    const given = await weightsOf({ by: 'given', weights: [1, 0] });
    // The first alone decides.
    expect(given?.metrics).toEqual(recorded.result.systems[0].metrics);
    expect(await weightsOf({ by: 'split', split: 'test' })).toMatchObject({ weightsFrom: 'test' });
    const by = async (rule: 'maximum' | 'mean', ensemble: Parameters<typeof weightsOf>[0]) =>
      (await evaluateBundles(bundles, { ...options, ensemble, rule })).result.ensemble;
    expect(await by('mean', { by: 'split', split: 'test' })).toMatchObject({
      rule: 'mean',
      weightsFrom: 'test',
    });
    expect(await by('maximum', { by: 'recorded' })).toMatchObject({ rule: 'maximum', weights: null });
    await expect(evaluateBundles([at('raw')], { ...options, ensemble: { by: 'recorded' } })).rejects.toThrow(
      /weighs its members by their validation F1; received none in .*raw; give --weights/,
    );

    const read = await Promise.all(
      bundles.map(async (path) => ({ ...(await readBundle(path)), folder: path })),
    );
    const page = await writeEvaluationReport(at('report'), dataset, recorded, read, 'a program');
    await access(page);
  });
});
