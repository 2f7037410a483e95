import { expect, it } from 'vitest';
import { voteAverage, voteAverageWeights } from '../../eval/ensemble.ts';
import { fc, runs } from '../properties.ts';

const probability = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.float({ min: 0, max: 1, noNaN: true }));
const weight = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 100 }),
  fc.double({ min: 1e-3, max: 1, noNaN: true }),
);

/** Members' weights, and for some labels their probabilities. */
const ensemble = fc.integer({ min: 1, max: 5 }).chain((members) => {
  const exactly = { minLength: members, maxLength: members };
  return fc.record({
    weights: fc
      .array(weight, exactly)
      .filter((weights) => weights.some((one) => one > 0))
      .map(voteAverageWeights),
    labels: fc.array(fc.array(probability, exactly), { minLength: 1, maxLength: 6 }),
  });
});
const threshold = fc.constantFrom(0.25, 0.5, 0.75);

const combine = (labels: readonly (readonly number[])[], weights: readonly number[], threshold?: number) =>
  voteAverage(
    weights.map((_, k) => Float32Array.from(labels, (row) => row[k])),
    weights,
    threshold,
  );

it('a combined probability is half the votes, half the mean, label by label', () => {
  fc.assert(
    fc.property(ensemble, threshold, ({ weights, labels }, threshold) => {
      const expected = labels.map((row) => {
        const votes = weights.filter((_, k) => Math.fround(row[k]) >= threshold);
        const mean = row.reduce((sum, p, k) => sum + weights[k] * p, 0);
        return expect.closeTo(votes.reduce((sum, one) => sum + one, 0) / 2 + mean / 2, 6);
      });
      expect([...combine(labels, weights, threshold)]).toEqual(expected);
    }),
    runs(300),
  );
});

it('what all systems agree on stays decided, and within their probabilities moved towards the vote', () => {
  fc.assert(
    fc.property(ensemble, ({ weights, labels }) => {
      for (const [i, combined] of combine(labels, weights).entries()) {
        expect(combined >= 0 && combined <= 1).toBe(true);
        const heard = labels[i].filter((_, k) => weights[k] > 0);
        if (heard.every((p) => p >= 0.5)) expect(combined).toBeGreaterThanOrEqual(0.75 - 1e-6);
        if (heard.every((p) => p < 0.5)) expect(combined).toBeLessThan(0.25 + 1e-6);
      }
    }),
  );
});

it('neither the order of systems counts nor a system of no weight, and one twice at half its weight is once', () => {
  fc.assert(
    fc.property(ensemble, probability, ({ weights, labels }, other) => {
      const combined = [...combine(labels, weights)].map((p) => expect.closeTo(p, 6));
      const backwards = labels.map((row) => row.toReversed());
      expect([...combine(backwards, weights.toReversed())]).toEqual(combined);
      expect([
        ...combine(
          labels.map((row) => [...row, other]),
          [...weights, 0],
        ),
      ]).toEqual(combined);
      const halves = weights.map((one) => one / 2);
      expect([
        ...combine(
          labels.map((row) => [...row, ...row]),
          [...halves, ...halves],
        ),
      ]).toEqual(combined);
    }),
  );
});

it('a probability that rises never lowers the combined one', () => {
  fc.assert(
    fc.property(ensemble, fc.nat(4), probability, ({ weights, labels }, member, other) => {
      const raised = labels.map((row) => row.map((p, k) => (k === member ? Math.max(p, other) : p)));
      const before = combine(labels, weights);
      expect([...combine(raised, weights)].map((p, i) => p >= before[i] - 1e-7)).not.toContain(false);
    }),
  );
});

it('weights sum to 1, keep their ratios, and do not know percent from fractions', () => {
  const f1s = fc.array(weight, { minLength: 1, maxLength: 8 }).filter((all) => all.some((f1) => f1 > 0));
  fc.assert(
    fc.property(f1s, (f1s) => {
      const weights = voteAverageWeights(f1s);
      expect(weights.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
      for (const [i, f1] of f1s.entries()) expect(weights[i] * f1s[0]).toBeCloseTo(weights[0] * f1, 9);
      expect(voteAverageWeights(f1s.map((f1) => 100 * f1))).toEqual(
        weights.map((one) => expect.closeTo(one, 12)),
      );
    }),
  );
});
