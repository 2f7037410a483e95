import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { voteAverage } from '../../eval/ensemble.ts';
import { metrics } from '../../eval/metrics/index.ts';
import { buildResult, isResult, type Member, type Subject } from '../../eval/result.ts';
import { trainingHistory } from '../../eval/training-history.ts';
import { worstErrors } from '../../eval/worst-errors.ts';
import { a2dLabels, labelSetHash } from '../../src/core/labels.ts';
import { atOneHalf } from '../../src/core/task.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

const { cases } = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8'));
const golden = cases[1];
const multiLabel = metrics.all.flatMap(({ name, tasks }) => (tasks.includes('multi-label') ? name : []));
const { manifest } = await tinyBundle('tiny-frame');
const reversed = Float32Array.from(golden.probabilities as number[]).reverse();

const members: Member[] = [
  { manifest, bundle: 'bundles/a', provider: 'cpu', probabilities: Float32Array.from(golden.probabilities) },
  { manifest: { ...manifest, name: 'other' }, bundle: 'bundles/b', provider: 'cpu', probabilities: reversed },
];
const subject: Subject = {
  dataset: 'a2d',
  split: 'val',
  labels: a2dLabels,
  samples: golden.samples,
  truth: Uint8Array.from(golden.truth),
  broken: [],
  versions: { actionnx: '1.2.3' },
};

describe('buildResult', () => {
  it('holds what result.json promises, undefined rates as null', async () => {
    const { result, combined } = await buildResult(subject, members.slice(0, 1), null);
    expect(combined).toBeNull();
    const { systems, constant, ...rest } = result;
    expect(rest).toEqual({
      dataset: 'a2d',
      split: 'val',
      samples: 40,
      broken: [],
      labels: { hash: await labelSetHash(a2dLabels), names: a2dLabels.names },
      task: 'multi-label',
      versions: { actionnx: '1.2.3' },
      provider: 'cpu',
      ensemble: null,
    });
    expect(systems).toHaveLength(1);
    const { metrics: rates, perLabel, ...about } = systems[0];
    expect(about).toEqual({
      name: 'tiny-frame',
      bundle: 'bundles/a',
      graph: manifest.graph.sha256,
      provider: 'cpu',
      threshold: 0.5,
    });
    expect(rates).toEqual(
      Object.fromEntries(multiLabel.map((name) => [name, expect.closeTo(golden.metrics[name], 12)])),
    );
    expect(perLabel[1]).toEqual({ label: 'adult-crawling', precision: 0, recall: null, f1: 0, support: 0 });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(constant.metrics['f1/samples']).toBeGreaterThan(0);
    expect(constant.labels.length).toBeGreaterThan(0);
  });

  it('adds the ensemble, its weights as shares', async () => {
    const { result, combined } = await buildResult(subject, members, {
      rule: 'vote-average',
      weights: [3, 1],
      from: 'given',
    });
    expect(combined).toEqual(voteAverage([members[0].probabilities, reversed], [0.75, 0.25]));
    expect(result.ensemble).toMatchObject({
      rule: 'vote-average',
      members: ['tiny-frame', 'other'],
      weights: [0.75, 0.25],
      weightsFrom: 'given',
    });
    // With three quarters of the weight, the first member decides nearly alone.
    expect(result.ensemble?.perLabel.map(({ support }) => support)).toEqual(golden.perLabel.support);
    expect(Object.keys(result.ensemble?.metrics ?? {})).toEqual(multiLabel);
  });

  it.each([
    ['mean', [3, 1], (a: number, b: number) => 0.75 * a + 0.25 * b],
    ['vote', [3, 1], (a: number, b: number) => 0.75 * Number(a >= 0.5) + 0.25 * Number(b >= 0.5)],
    ['maximum', null, Math.max],
  ] as const)('makes it by other rules as well: %s', async (rule, weights, of) => {
    const { result, combined } = await buildResult(subject, members, {
      rule,
      weights,
      from: weights && 'given',
    });
    const expected = members[0].probabilities.map((value, i) => of(value, reversed[i]));
    expect(Array.from(combined ?? [])).toEqual(Array.from(expected, (value) => expect.closeTo(value, 6)));
    expect(result.ensemble).toMatchObject({
      rule,
      weights: weights && [0.75, 0.25],
      weightsFrom: weights && 'given',
    });
  });

  it('says where systems ran on different providers', async () => {
    const mixed = [members[0], { ...members[1], provider: 'cuda' as const }];
    expect((await buildResult(subject, mixed, null)).result.provider).toBe('mixed');
  });

  it('refuses two systems of one name, and a split without samples', async () => {
    await expect(buildResult(subject, [members[0], members[0]], null)).rejects.toMatchObject({ exitCode: 2 });
    const empty = { ...subject, samples: 0, truth: new Uint8Array(0) };
    await expect(buildResult(empty, members, null)).rejects.toThrow('received none in val');
  });
});

describe('isResult', () => {
  const whole = { dataset: 'a2d', split: 'val', systems: [], versions: { actionnx: '1' } };
  it.each<[boolean, string]>([
    [true, JSON.stringify(whole)],
    [false, JSON.stringify({ ...whole, dataset: '' })],
    [false, JSON.stringify({ ...whole, split: undefined })],
    [false, JSON.stringify({ ...whole, systems: {} })],
    [false, JSON.stringify({ ...whole, versions: { other: '1' } })],
    [false, JSON.stringify({ ...whole, versions: null })],
    [false, 'null'],
    [false, '{"dataset":'],
  ])('says %s of %s', (answer, text) => {
    expect(isResult(text)).toBe(answer);
  });
});

describe('worstErrors', () => {
  it('lists mistakes only, worst first, and among equals the surest', () => {
    const errors = worstErrors(
      {
        labels: 3,
        task: atOneHalf,
        // Right, half right, wrong, surely wrong, nothing where nothing is.
        probabilities: Float32Array.of(0.9, 0, 0, 0.6, 0.7, 0, 0.6, 0, 0, 1, 0, 0, 0.1, 0.1, 0.1),
        truth: Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0),
      },
      10,
    );
    expect(errors).toEqual([
      { index: 3, predicted: [0], truth: [1], f1: 0 },
      { index: 2, predicted: [0], truth: [1], f1: 0 },
      { index: 1, predicted: [1, 0], truth: [0], f1: 2 / 3 },
    ]);
  });
});

describe('trainingHistory', () => {
  it('is what the bundle records, or null', () => {
    const history = [
      { epoch: 1, loss: 4.5, f1: 0.1 },
      { epoch: 2, loss: 3.5, f1: 0.2 },
    ];
    expect(trainingHistory({ ...manifest, provenance: { history } })).toEqual({
      system: 'tiny-frame',
      epochs: history,
    });
    for (const other of [undefined, [], 'long', [{ epoch: 1 }]]) {
      expect(trainingHistory({ ...manifest, provenance: { history: other } })).toBeNull();
    }
  });
});
