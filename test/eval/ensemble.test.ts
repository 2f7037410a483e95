import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { voteAverage, voteAverageWeights } from '../../eval/ensemble.ts';

interface Golden {
  members: number[][];
  f1s: number[];
  weights: number[];
  combined: number[];
}
const golden: { ensembles: Golden[] } = JSON.parse(
  readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8'),
);
const single = (probabilities: number[], weights: number[]) =>
  voteAverage(
    probabilities.map((p) => Float32Array.of(p)),
    weights,
  )[0];

describe('vote-average', () => {
  const weights = voteAverageWeights([59.4, 58.9, 61.7]);

  it('weighs by F1', () => {
    expect(weights.map((weight) => weight.toFixed(4))).toEqual(['0.3300', '0.3272', '0.3428']);
  });

  it('combines the worked example', () => {
    const vote = weights[1] + weights[2];
    const mean = weights[0] * 0.2 + weights[1] * 0.6 + weights[2] * 0.61;
    expect(vote).toBeCloseTo(0.67, 3);
    expect(mean).toBeCloseTo(0.47, 2);
    expect(single([0.2, 0.6, 0.61], weights)).toBeCloseTo((vote + mean) / 2, 6);
    expect(single([0.2, 0.6, 0.61], weights)).toBeCloseTo(0.57, 2);
  });

  it('needs a vote, is certain with three, and asks one or two votes for confidence', () => {
    expect(single([0.4999, 0.4999, 0.4999], weights)).toBeLessThan(0.5);
    expect(single([0.5, 0.5, 0.5], weights)).toBeGreaterThanOrEqual(0.5);
    expect(single([0.5, 0.5, 0], weights)).toBeLessThan(0.5);
    expect(single([0.53, 0.53, 0], weights)).toBeGreaterThanOrEqual(0.5);
    expect(single([1, 0.49, 0.49], weights)).toBeLessThan(0.5);
    expect(single([1, 0.499, 0.499], weights)).toBeLessThan(0.5);
    expect(single([0.499, 0.499, 1], weights)).toBeGreaterThanOrEqual(0.5);
  });

  it.each(golden.ensembles)('is what numpy computes', ({ members, f1s, weights, combined }) => {
    const ours = voteAverageWeights(f1s);
    ours.forEach((weight, i) => {
      expect(weight).toBeCloseTo(weights[i], 14);
    });
    const actual = voteAverage(
      members.map((member) => Float32Array.from(member)),
      ours,
    );
    expect(Array.from(actual)).toEqual(combined.map((p) => expect.closeTo(p, 7)));
  });

  it('votes at the threshold that it is given', () => {
    const members = [Float32Array.of(0.6), Float32Array.of(0.8)];
    expect(voteAverage(members, [0.5, 0.5], 0.7)[0]).toBeCloseTo((0.5 + 0.7) / 2, 6);
    expect(voteAverage(members, [0.5, 0.5], 0.8)[0]).toBeCloseTo((0.5 + 0.7) / 2, 6);
    expect(voteAverage(members, [0.5, 0.5], 0.9)[0]).toBeCloseTo((0 + 0.7) / 2, 6);
  });

  it('takes a system that never was right for nothing, and sums that are 1 but for rounding', () => {
    expect(voteAverageWeights([0, 2])).toEqual([0, 1]);
    expect(single([0.2, 0.6], [0, 1])).toBeCloseTo(0.8, 6);
    expect(single([0.2, 0.6], [0.4, 0.6 + 1e-9])).toBeCloseTo((0.6 + 0.44) / 2, 6);
  });

  it('refuses weights and members that do not fit', () => {
    const two = [Float32Array.of(0.5), Float32Array.of(0.5)];
    expect(() => voteAverage(two, [1])).toThrow(
      'one weight a system, and systems that answer the same samples; received 1 weights for systems with 1, 1 prob',
    );
    expect(() => voteAverage([two[0], new Float32Array(2)], [0.5, 0.5])).toThrow('1, 2 probabilities');
    expect(() => voteAverage([], [])).toThrow('received 0 weights for systems with no probabilities');
    for (const weights of [
      [0.5, 0.6],
      [0.5, 0.5001],
      [0.5, 0.4999],
      [Number.NaN, 1],
    ]) {
      const sum = weights[0] + weights[1];
      expect(() => voteAverage(two, weights)).toThrow(
        `must sum to 1; received ${weights.join(', ')}: ${sum}`,
      );
    }
    for (const f1s of [[], [0, 0], [1, -1], [2, -1], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 1]]) {
      expect(() => voteAverageWeights(f1s)).toThrow(
        `must not be negative, and one must be above 0; received ${f1s.join(', ') || 'none'}; give other weights`,
      );
    }
  });
});
