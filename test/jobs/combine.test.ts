import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fitCombiner, namedCombiner } from '../../jobs/combine.ts';
import { mergeBundles } from '../../jobs/merge.ts';
import { scoreBundles } from '../../jobs/score.ts';
import { trainedSplits } from '../../jobs/trained-splits.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { parseBundle } from '../../src/bundle/parse-bundle.ts';
import { a2dLabels, labelSetHash } from '../../src/core/labels.ts';
import { openA2d } from '../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { writeTinyA2d } from '../golden/tiny-a2d.ts';
import { type TinyGraph, tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';
import { merged } from './typed.ts';

let folder: string;
let dataset: Dataset;
/** One of A2D's labels, one of clips, one of labels of its own. */
let members: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-combine-'));
  await writeTinyA2d(join(folder, 'data'));
  dataset = await openA2d(join(folder, 'data'), { cacheFolder: join(folder, 'labels') });
  const names = Array.from({ length: 44 }, (_, i) => `thing ${i}`);
  const others = { names, codes: [], hash: await labelSetHash({ names }) };
  members = [
    await write('frame', 'tiny-frame'),
    await write('clip', 'tiny-clip'),
    await write('other', 'tiny-wide', {
      labels: others,
      outputs: [{ name: 'probabilities', role: 'scores', shape: ['N', 44] }],
      scores: [],
    }),
  ];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const trainedOn = (split: string, name = 'a2d') => ({ dataset: name, train: { split, samples: 6 } });

async function write(name: string, graph: TinyGraph, changes: Partial<BundleManifest> = {}): Promise<string> {
  const target = join(folder, name);
  const provenance = trainedOn('train');
  await writeTinyBundle(target, await tinyBundle(graph, { name, provenance, ...changes }));
  return target;
}

const options = () => ({ dataset, split: 'val', cache: join(folder, 'cache'), provider: 'cpu' as const });

describe.each(['lda', 'qda', 'logistic-regression', 'svm', 'decision-tree', 'naive-bayes', 'boosted-trees'])(
  '%s over members of any labels',
  (combine) => {
    it('is one graph, which gives what the members give, combined', async () => {
      const notices: string[] = [];
      const onNotice = (notice: string) => notices.push(notice);
      const out = join(folder, combine);
      const { manifest } = await mergeBundles(members, { ...options(), combine, out, onNotice });
      expect(manifest.labels).toMatchObject({ names: a2dLabels.names, codes: a2dLabels.codes });
      expect(manifest.provenance.combiner).toMatchObject({
        kind: combine,
        fitted: { dataset: 'a2d', split: 'val', samples: 6, seed: 1 },
      });
      const { combination } = await fitCombiner(members, combine, options());
      const scoring = { ...options(), split: 'test', otherLabels: true };
      const scored = await scoreBundles([...members, out], scoring);
      const expected = combination.apply(scored.slice(0, 3).map(({ probabilities }) => probabilities));
      const differences = scored[3].probabilities.map((value, i) => Math.abs(value - expected[i]));
      expect(Math.max(...differences)).toBeLessThan(1e-5);
      // Of 43 labels most are in none of the six samples.
      expect(notices).toContain(
        'adult-climbing is never answered: it is in none of the 6 samples that were fitted on',
      );
      expect(combination.notices).toEqual(
        manifest.provenance.combiner && notices.filter((one) => one.includes('answered')),
      );
      const { opsets } = parseBundle(await readBundle(out));
      expect(opsets.has('ai.onnx.ml')).toBe(combine.endsWith('-tree') || combine.endsWith('-trees'));
      expect(await readFile(join(out, 'README.md'), 'utf8')).toContain(
        `${combine} fitted on 6 samples of the val split of a2d`,
      );
    });
  },
);

describe('before any work is done', () => {
  const refused = async (attempt: Promise<unknown>, message: string | RegExp) => {
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ exitCode: 2 });
    await expect(readdir(join(folder, 'untouched'))).rejects.toThrow('ENOENT');
  };
  const merge = (bundles: string[], changes: object) =>
    mergeBundles(bundles, {
      ...options(),
      cache: join(folder, 'untouched'),
      out: join(folder, 'no'),
      ...changes,
    });

  it.each(['train', 'val'])('a split that a member was trained on is refused: %s', async (split) => {
    const seen = await write(`seen-${split}`, 'tiny-frame', { provenance: trainedOn(split) });
    await refused(
      merge([members[1], seen], { combine: 'lda', split }),
      `a combiner must be fitted on a split that no member was trained on; received ${split} of a2d, which ` +
        `${split === 'train' ? 'clip' : 'seen-val'} was trained on; give another --split`,
    );
  });

  it('so is one that a combined member was fitted on', async () => {
    await refused(
      merge(
        [
          members[0],
          await write('stacked', 'tiny-frame', {
            provenance: {
              ensemble: [{ provenance: trainedOn('train') }],
              combiner: { kind: 'lda', options: {}, fitted: { dataset: 'a2d', split: 'val', samples: 6 } },
            },
          }),
        ],
        { combine: 'lda' },
      ),
      'val of a2d, which stacked was trained on',
    );
  });

  it.each<[string, () => Promise<unknown>, string | RegExp]>([
    [
      'one member',
      () => merge(members.slice(0, 1), { combine: 'lda' }),
      'an ensemble takes two bundles or more; received ',
    ],
    [
      'an unknown kind',
      () => merge(members, { combine: 'ldaa' }),
      'received there is no combiner "ldaa"; did you mean lda?',
    ],
    [
      'an option that a kind has not',
      () => merge(members, { combine: { kind: 'qda', options: { regularisation: 1 } } }),
      'did you mean regularization?',
    ],
    ...['mean', 'vote', 'maximum', 'vote-average'].map(
      (combine): [string, () => Promise<unknown>, string | RegExp] => [
        `other labels for ${combine}`,
        () => merge([members[0], members[2]], { combine, dataset: undefined }),
        /must have the same labels in the same order; received other labels for .*other than for .*frame; combine them by one that learns/,
      ],
    ),
    [
      'nothing to learn from',
      () => merge(members, { combine: 'lda', dataset: undefined }),
      'needs samples that no member was trained on; received lda without a data set; give --data, and --split',
    ],
    [
      'data for what learns nothing',
      () => merge(members.slice(0, 2), { combine: 'mean' }),
      'a data set is for combiners that learn; received one for mean',
    ],
    ['a split that there is none of', () => merge(members, { combine: 'lda', split: 'vla' }), 'vla'],
    [
      'labels that the data set has none of',
      () => fitCombiner(members, 'lda', { ...options(), space: 'a2d-colours' }),
      'known: a2d, a2d-actors, a2d-actions',
    ],
    [
      'fitting what does not learn',
      () => fitCombiner(members, 'mean', options()),
      'only a combiner that learns is fitted; received mean',
    ],
  ])('%s is refused', async (_, attempt, message) => {
    await refused(attempt(), message);
  });
});

it('answers the labels of another space of the data set', async () => {
  const { combination, labels } = await fitCombiner(members, 'naive-bayes', {
    ...options(),
    space: 'a2d-actors',
  });
  expect(labels.names).toEqual(['adult', 'baby', 'ball', 'bird', 'car', 'cat', 'dog']);
  expect(combination.labels).toEqual(labels.names);
  expect(combination.notices.map((notice) => notice.split(' ')[0])).toEqual(['baby', 'bird', 'car', 'cat']);
});

it('says which members do not say what they were trained on', async () => {
  const silent = await write('silent', 'tiny-frame', { provenance: { wrapped: { model: 'x.onnx' } } });
  const notices: string[] = [];
  await fitCombiner([members[0], silent], 'lda', {
    ...options(),
    onNotice: (notice) => notices.push(notice),
  });
  expect(notices.filter((notice) => notice.includes('trained'))).toEqual([
    'silent does not say what it was trained on: not on val, it is hoped',
  ]);
});

it('reads what bundles were trained on', () => {
  expect(trainedSplits({})).toBeNull();
  expect(trainedSplits(trainedOn('train'))).toEqual([{ dataset: 'a2d', split: 'train' }]);
  expect(trainedSplits({ ensemble: [{ provenance: {} }, { provenance: trainedOn('test') }] })).toEqual([
    { dataset: 'a2d', split: 'test' },
  ]);
  expect(trainedSplits({ ensemble: [{ provenance: {} }] })).toBeNull();
});

it('takes what a combiner was read from as typed', () => {
  expect(namedCombiner('svm').value).toEqual({
    kind: 'svm',
    options: { kernel: 'rbf', cost: 1, gamma: 'scale' },
  });
});

it('is what `merge --combine` does', async () => {
  const text = await merged(
    ...[...members, '--combine', 'lda', '--data', join(folder, 'data'), '--split', 'val', '--json'],
    ...['--cache', join(folder, 'cache'), '--provider', 'cpu', '--out', join(folder, 'typed')],
  );
  const { manifest, verification } = JSON.parse(text);
  expect(manifest).toMatchObject({ name: 'typed', provenance: { combiner: { kind: 'lda' } } });
  const runtimes = new Set(verification.map((row: { runtime: string }) => row.runtime));
  expect([...runtimes]).toEqual(['onnxruntime-node', 'onnxruntime-web']);
});
