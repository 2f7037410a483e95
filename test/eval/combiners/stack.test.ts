import { describe, expect, it } from 'vitest';
import type { CombinerMember, FittingSamples } from '../../../eval/combiners/combiner.ts';
import { combiners } from '../../../eval/combiners/index.ts';
import { largestDifference } from '../../../src/core/largest-difference.ts';
import { Rng } from '../../../src/core/rng.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { answersInOnnx } from './combined-graph.ts';

const members: CombinerMember[] = [
  { name: 'actors', labels: ['a', 'b'], f1: null },
  { name: 'actions', labels: ['x', 'y', 'z'], f1: 0.4 },
];
const learning = combiners.all
  .map(({ kind }) => ({ kind, combiner: combiners.make(combiners.schema.parse(kind)) }))
  .filter(({ combiner }) => combiner.learns);
const combinerOf = (kind: string, options: object = {}) =>
  combiners.make(combiners.schema.parse({ kind, options }));

/** Samples whose first two columns say which of `holding` holds. */
function samples(
  count: number,
  task: FittingSamples['truth']['task'],
  labels: string[],
  truthOf: (row: number) => number[],
) {
  const rng = new Rng('stack');
  const truths = Array.from({ length: count }, (_, row) => truthOf(row));
  const near = (value: number) => 0.2 + 0.6 * value + 0.15 * rng.uniform(-1, 1);
  return {
    answers: [
      Float32Array.from(truths.flatMap((own) => [near(own[0]), near(own[1])])),
      Float32Array.from(truths.flatMap(() => [rng.uniform(), rng.uniform(), rng.uniform()])),
    ],
    truth: { labels, task, values: Uint8Array.from(truths.flat()) },
    seed: 1,
  } satisfies FittingSamples;
}

const alternating = samples(60, 'multi-label', ['p', 'q'], (row) => [row % 2, Math.floor(row / 2) % 2]);

describe.each(learning)('$kind', ({ kind, combiner }) => {
  it('answers labels of which the samples teach nothing without looking, and says so', async () => {
    const labels = ['p', 'never', 'q', 'always', 'once'];
    const fitting = samples(60, 'multi-label', labels, (row) => [
      ...[row % 2, 0, Math.floor(row / 2) % 2, 1, row === 7 ? 1 : 0],
    ]);
    // As above, the second column is of the label that comes third.
    fitting.answers[0] = samples(60, 'multi-label', ['p', 'q'], (row) => [
      row % 2,
      Math.floor(row / 2) % 2,
    ]).answers[0];
    const combination = combiner.fit(members, fitting);
    const once = 'once is never answered: it is in only 1 of the 60 samples that were fitted on';
    const needsTwo = ['lda', 'qda', 'svm'].includes(kind);
    expect(combination.notices).toEqual([
      'never is never answered: it is in none of the 60 samples that were fitted on',
      'always is always answered: it is absent from none of the 60 samples that were fitted on',
      ...(needsTwo ? [once] : []),
    ]);
    const answers = combination.apply(fitting.answers);
    for (let row = 0; row < 60; row++) {
      const [p, never, q, always, rare] = answers.subarray(row * 5, row * 5 + 5);
      expect([never, always]).toEqual([0, 1]);
      if (needsTwo) expect(rare).toBe(0);
      expect(p >= 0.5).toBe(row % 2 === 1);
      expect(q >= 0.5).toBe(Math.floor(row / 2) % 2 === 1);
    }
    for (const runtime of [nodeRuntime, webRuntime()]) {
      const inGraph = await answersInOnnx(runtime, combination, fitting.answers, 60);
      expect(largestDifference(inGraph, answers), runtime.name).toBeLessThan(1e-6);
    }
  });

  it('tells two of three classes apart where the third is in no sample', async () => {
    const fitting = samples(60, 'single-label', ['one', 'none', 'other'], (row) => [
      row % 2,
      0,
      1 - (row % 2),
    ]);
    fitting.answers[0] = samples(60, 'multi-label', ['p', 'q'], (row) => [row % 2, 1 - (row % 2)]).answers[0];
    const combination = combiner.fit(members, fitting);
    const answers = combination.apply(fitting.answers);
    for (let row = 0; row < 60; row++) {
      const [one, none, other] = answers.subarray(row * 3, row * 3 + 3);
      expect(none).toBe(0);
      expect(one + other).toBeCloseTo(1, 6);
      expect(one > other).toBe(row % 2 === 1);
    }
    const inGraph = await answersInOnnx(nodeRuntime, combination, fitting.answers, 60);
    expect(largestDifference(inGraph, answers)).toBeLessThan(1e-6);
  });

  it('refuses samples that teach nothing, and a state for other members', () => {
    const nothing = samples(10, 'multi-label', ['p', 'q'], () => [1, 0]);
    expect(() => combiner.fit(members, nothing)).toThrow(
      'received 10 samples in which none of 2 labels is so often enough; fit it on another split',
    );
    expect(() => combiner.fit(members)).toThrow('has to be fitted on samples');
    const { state } = combiner.fit(members, alternating);
    expect(() => combiner.read([members[1], members[0]], state)).toThrow(
      'members must answer as many labels as those that a combiner was fitted on; received 3 + 2 columns instead of 2 + 3',
    );
    expect(() => combiner.read([members[0], members[0]], state)).toThrow(
      'received 2 + 2 columns instead of 2 + 3',
    );
    expect(() => combiner.read(members, { ...Object(state), labels: 'p' })).toThrow(
      'must be as it was written',
    );
    const combination = combiner.read(members, state);
    expect(() => combination.apply([new Float32Array(4), new Float32Array(4)])).toThrow(
      '2 + 2 columns instead of 2 + 3',
    );
  });
});

it('leaves a class out of which there is one sample, and that sample with it', () => {
  const labels = ['one', 'rare', 'other'];
  const truthOf = (row: number) => (row === 5 ? [0, 1, 0] : [row % 2, 0, 1 - (row % 2)]);
  const fitting = samples(60, 'single-label', labels, truthOf);
  const without = (values: Float32Array, width: number) =>
    values.filter((_, i) => Math.floor(i / width) !== 5);
  const same = {
    ...fitting,
    answers: [without(fitting.answers[0], 2), without(fitting.answers[1], 3)],
    truth: { ...fitting.truth, values: fitting.truth.values.filter((_, i) => Math.floor(i / 3) !== 5) },
  };
  const combination = combinerOf('lda').fit(members, fitting);
  expect(combination.notices).toEqual([
    'rare is never answered: it is in only 1 of the 60 samples that were fitted on',
  ]);
  expect(combination.apply(fitting.answers)).toEqual(
    combinerOf('lda').fit(members, same).apply(fitting.answers),
  );
});

it('qda asks for regularisation where columns follow from each other', () => {
  const fitting = { ...alternating, answers: [alternating.answers[0], new Float32Array(180)] };
  expect(() => combinerOf('qda', { regularization: 0 }).fit(members, fitting)).toThrow(
    'raise its regularization',
  );
  expect(() => combinerOf('qda').fit(members, fitting)).not.toThrow();
});

it('boosted trees stop where everything is told apart', () => {
  const combination = combinerOf('boosted-trees', { trees: 3, rate: 400 }).fit(members, alternating);
  expect(Array.from(combination.apply(alternating.answers))).toEqual(Array.from(alternating.truth.values));
});

it('trees tell how near a column is to what they ask', () => {
  const fitting = samples(40, 'multi-label', ['p', 'q'], (row) => [row % 2, row % 2]);
  fitting.answers[0] = Float32Array.from({ length: 80 }, (_, i) =>
    Math.floor(i / 2) % 2 === 1 ? 0.75 : 0.25,
  );
  const tree = combinerOf('decision-tree').fit(members, fitting);
  const near = [Float32Array.of(0.5625, 0.9), new Float32Array(3)];
  expect(tree.clearances(near)).toEqual([0.0625]);
  expect(Array.from(tree.apply(near))).toEqual([1, 1]);
  // A threshold belongs to what is below.
  expect(Array.from(tree.apply([Float32Array.of(0.5, 0.9), new Float32Array(3)]))).toEqual([0, 0]);
  expect(combinerOf('lda').fit(members, fitting).clearances(near)).toEqual([Number.POSITIVE_INFINITY]);
});

it('trees do not tell apart what runtimes may round either way', () => {
  const fitting = samples(40, 'multi-label', ['p'], (row) => [row % 2]);
  const values = (row: number) => [0.5 + (row % 2) * 2 ** -21, 0.5];
  fitting.answers[0] = Float32Array.from(Array.from({ length: 40 }, (_, row) => values(row)).flat());
  fitting.answers[1] = new Float32Array(120);
  expect(Array.from(combinerOf('decision-tree').fit(members, fitting).apply(fitting.answers))).toEqual(
    Array(40).fill(0.5),
  );
});
