import { describe, expect, it } from 'vitest';
import type { CombinerMember } from '../../../eval/combiners/combiner.ts';
import { combiners } from '../../../eval/combiners/index.ts';
import { voteAverage, voteAverageWeights } from '../../../eval/ensemble.ts';
import { largestDifference } from '../../../src/core/largest-difference.ts';
import { Rng } from '../../../src/core/rng.ts';
import { nodeRuntime } from '../../../src/runtime/node.ts';
import { webRuntime } from '../../../src/runtime/web.ts';
import { answersInOnnx } from './combined-graph.ts';

const labels = ['run', 'walk'];
const members: CombinerMember[] = [0.2, 0.5, 0.3].map((f1, i) => ({ name: `m${i}`, labels, f1 }));
const combinerOf = (kind: string, options: object = {}) =>
  combiners.make(combiners.schema.parse({ kind, options }));
const combined = (answers: number[][], kind: string, options?: object) =>
  Array.from(
    combinerOf(kind, options)
      .fit(members)
      .apply(answers.map((own) => Float32Array.from(own))),
  );

describe('one answer of three', () => {
  // One sample; a label that two hold for likely, and one that the heaviest alone does.
  const answers = [
    [0.9, 0.1],
    [0.4, 0.8],
    [0.6, 0.2],
  ];

  it.each<[string, object, number[]]>([
    ['mean', {}, [0.2 * 0.9 + 0.5 * 0.4 + 0.3 * 0.6, 0.2 * 0.1 + 0.5 * 0.8 + 0.3 * 0.2]],
    ['mean', { weights: 'equal' }, [1.9 / 3, 1.1 / 3]],
    ['mean', { weights: [3, 1, 0] }, [(3 * 0.9 + 0.4) / 4, (3 * 0.1 + 0.8) / 4]],
    ['vote', {}, [0.5, 0.5]],
    ['vote', { weights: 'equal' }, [2 / 3, 1 / 3]],
    ['vote', { threshold: 0.3, weights: 'equal' }, [1, 1 / 3]],
    ['maximum', {}, [0.9, 0.8]],
    ['vote-average', {}, [(0.5 + 0.56) / 2, (0.5 + 0.48) / 2]],
    ['vote-average', { weights: 'equal', threshold: 0.7 }, [(1 / 3 + 1.9 / 3) / 2, (1 / 3 + 1.1 / 3) / 2]],
  ])('%s %j', (kind, options, expected) => {
    expect(combined(answers, kind, options)).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });

  it('votes from the threshold on, as a float32', () => {
    expect(
      combined([[0.5, 0.49999997], ...answers.slice(1).map(() => [0, 0])], 'vote', { weights: [1, 0, 0] }),
    ).toEqual([1, 0]);
  });
});

describe.each([nodeRuntime, webRuntime()])('in graphs: $name', (runtime) => {
  const rng = new Rng('combiners');
  const answers = members.map(() => Float32Array.from({ length: 40 }, () => rng.uniform()));
  // Where votes turn.
  answers[0].set([0.5, 0.49999997, 0.7, 0.69999999]);

  it.each<[string, object]>([
    ['mean', {}],
    ['vote', {}],
    ['vote', { threshold: 0.7 }],
    ['maximum', {}],
    ['vote-average', {}],
    ['vote-average', { threshold: 0.7, weights: 'equal' }],
  ])('%s %j is the same', async (kind, options) => {
    const combination = combinerOf(kind, options).fit(members);
    const inGraph = await answersInOnnx(runtime, combination, answers, 20);
    expect(largestDifference(inGraph, combination.apply(answers))).toBeLessThan(1e-6);
  });
});

it('vote-average is the rule that eval and the page have', () => {
  const weights = voteAverageWeights([0.2, 0.5, 0.3]);
  const answers = [0.9, 0.4, 0.6, 0.1, 0.5, 0.8]
    .map((value) => Float32Array.of(value, 1 - value))
    .slice(0, 3);
  const combination = combinerOf('vote-average').fit(members);
  expect(combination.apply(answers)).toEqual(voteAverage(answers, weights));
  expect(combination.weights).toEqual(weights);
  expect(combinerOf('vote-average').read(members, combination.state).apply(answers)).toEqual(
    voteAverage(answers, weights),
  );
});

it('tells how near answers are to a threshold', () => {
  const answers = [Float32Array.of(0.2, 0.45, 0.9, 0.1), Float32Array.of(0.8, 0.3, 0.5, 0.3)];
  const two = members.slice(0, 2);
  const clearances = (kind: string, options = {}) => combinerOf(kind, options).fit(two).clearances(answers);
  expect(clearances('vote')).toEqual([expect.closeTo(0.05, 6), 0]);
  expect(clearances('vote-average', { threshold: 0.8 })).toEqual([
    expect.closeTo(0, 6),
    expect.closeTo(0.1, 6),
  ]);
  expect(clearances('mean')).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  expect(clearances('maximum')).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

describe('refused', () => {
  const unvalidated = [members[0], { ...members[1], name: 'raw', f1: null }];

  it.each<[string, () => unknown, string]>([
    [
      'no known F1',
      () => combinerOf('mean').check(unvalidated),
      'received none in raw; export a run that was validated, or give other weights',
    ],
    [
      'weights of others',
      () => combinerOf('vote', { weights: [1, 1] }).check(members),
      'one a member; received 2 for 3 members',
    ],
    [
      'weights of nothing',
      () => combinerOf('mean', { weights: [0, 0, 0] }).check(members),
      'one must be above 0',
    ],
    [
      'one member',
      () => combinerOf('maximum').check(members.slice(0, 1)),
      'takes two bundles or more; received m0',
    ],
    [
      'a member less',
      () => combinerOf('mean').read(members.slice(0, 2), combinerOf('mean').fit(members).state),
      'one a member; received 3 for 2 members',
    ],
    [
      'a state that is none',
      () => combinerOf('mean').read(members, { wieghts: [1] }),
      'must be as it was written',
    ],
  ])('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('nothing where weights are equal or there are none', () => {
    expect(() => combinerOf('mean', { weights: 'equal' }).check(unvalidated)).not.toThrow();
    expect(() => combinerOf('maximum').check(unvalidated)).not.toThrow();
  });
});
