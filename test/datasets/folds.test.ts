import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LabelSpace } from '../../src/core/labels.ts';
import type { Dataset, Sample } from '../../src/datasets/dataset.ts';
import { dealFolds, folds } from '../../src/datasets/folds.ts';
import { fc } from '../properties.ts';

interface Golden {
  readonly single: { labels: number[]; of: number; counts: Record<string, number[]>; sizes: number[] }[];
  readonly grouped: { labels: number[]; groups: string[]; of: number; largestSpread: number }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/folds.json', import.meta.url), 'utf8'));

const ascending = (a: number, b: number) => a - b;
const deal = (labels: readonly number[], of: number, seed = 1, groups = labels.map((_, i) => `${i}`)) =>
  dealFolds(
    labels.map((label, i) => ({ label, group: groups[i] })),
    { index: 0, of, seed },
  );

/** How many of the samples that `isIn` takes each fold has. */
function count(
  dealt: readonly number[],
  of: number,
  isIn: (index: number) => boolean = () => true,
): number[] {
  const counts = new Array<number>(of).fill(0);
  dealt.forEach((fold, i) => {
    if (isIn(i)) counts[fold]++;
  });
  return counts;
}

describe('folds', () => {
  it.each(golden.single)('have as many of each label as scikit-learn’s, of $of', (example) => {
    const { labels, of, counts, sizes } = example;
    for (const seed of [0, 1, 2]) {
      const dealt = deal(labels, of, seed);
      expect(count(dealt, of).sort(ascending)).toEqual(sizes);
      for (const [label, expected] of Object.entries(counts)) {
        expect(count(dealt, of, (i) => labels[i] === Number(label)).sort(ascending)).toEqual(expected);
      }
    }
  });

  it.each(golden.grouped)(
    'keep groups together, and labels in proportion as well as scikit-learn, of $of',
    (example) => {
      const { labels, groups, of, largestSpread } = example;
      for (let seed = 0; seed < 5; seed++) {
        const dealt = deal(labels, of, seed, groups);
        const sizes = count(dealt, of);
        for (const label of [0, 1, 2]) {
          const share = labels.filter((other) => other === label).length / labels.length;
          count(dealt, of, (i) => labels[i] === label).forEach((held, fold) => {
            expect(Math.abs(held / sizes[fold] - share)).toBeLessThanOrEqual(largestSpread);
          });
        }
      }
    },
  );

  it('hold every sample out once and never part a group', () => {
    const sample = fc.record({ label: fc.nat(3), group: fc.constantFrom(...'abcdefgh') });
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1 }),
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        (samples, of, seed) => {
          fc.pre(new Set(samples.map(({ group }) => group)).size >= of);
          const dealt = dealFolds(samples, { index: 0, of, seed });
          const foldOf = new Map(samples.map(({ group }, i) => [group, dealt[i]]));
          expect(samples.map(({ group }) => foldOf.get(group))).toEqual(dealt);
          expect(dealt.every((fold) => fold >= 0 && fold < of)).toBe(true);
          expect(count(dealt, of).every((size) => size > 0)).toBe(true);
        },
      ),
    );
  });

  it('are dealt by the seed', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(deal(labels, 5, 4)).toEqual(deal(labels, 5, 4));
    expect(deal(labels, 5, 4)).not.toEqual(deal(labels, 5, 5));
  });

  it.each([
    [{ index: 0, of: 1 }, 'folds must be a whole number from 2 to the number of groups, 6; received 1'],
    [{ index: 0, of: 7 }, 'folds must be a whole number from 2 to the number of groups, 6; received 7'],
    [{ index: 2, of: 2 }, 'a fold of 2 must be one of 0–1; received 2'],
    [{ index: -1, of: 2 }, 'a fold of 2 must be one of 0–1; received -1'],
  ])('%j is refused', (options, message) => {
    const samples = Array.from({ length: 6 }, (_, i) => ({ label: 0, group: `${i}` }));
    expect(() => dealFolds(samples, { ...options, seed: 1 })).toThrow(message);
  });
});

describe('the folds of a data set', () => {
  const samples: Sample[] = Array.from({ length: 24 }, (_, i) => ({
    ...{ id: `${i}`, video: `video-${i >> 1}`, frame: 1, frameCount: 9 },
    ...(i >= 20 ? { group: 'scene' } : {}),
  }));
  /** A third of the samples has the first label. */
  const truth = Uint8Array.from({ length: 48 }, (_, i) => (i % 2 === Number(i >> 1 >= 8) ? 1 : 0));
  const dataset = (task: LabelSpace['task']): Dataset => ({
    ...{ name: 'test', root: '', splits: [], broken: [] },
    spaces: [{ name: 'test', task, names: ['a', 'b'], codes: [] }],
    samples: async () => samples,
    truth: async () => truth,
    frames: async () => [],
  });

  it('part the samples in their order, by video and group, stratified where each has one label', async () => {
    for (const index of [0, 1]) {
      const { training, held } = await folds(dataset('single-label'), samples, { index, of: 2, seed: 3 });
      expect([...training, ...held].sort((a, b) => Number(a.id) - Number(b.id))).toEqual(samples);
      expect(held).toEqual(samples.filter((sample) => held.includes(sample)));
      expect(held.filter(({ id }) => Number(id) < 8)).toHaveLength(4);
      expect(held).toHaveLength(12);
      const scene = held.filter(({ group }) => group === 'scene').length;
      expect([0, 4]).toContain(scene);
      for (const { video } of training) expect(held.some((other) => other.video === video)).toBe(false);
    }
  });

  it('asks for no labels where there are several a sample', async () => {
    const { held } = await folds(dataset('multi-label'), samples, { index: 0, of: 3, seed: 3 });
    expect(held).toHaveLength(8);
  });
});
