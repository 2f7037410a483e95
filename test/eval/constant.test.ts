import { describe, expect, it } from 'vitest';
import { bestConstant } from '../../eval/constant.ts';
import { Rng } from '../../src/core/rng.ts';

/** The mean over samples of 2·|x∧y| / (|x| + |y|), by its definition. */
function meanF1(truth: Uint8Array, labels: number, predicted: readonly number[]): number {
  const rows = Array.from({ length: truth.length / labels }, (_, n) =>
    truth.subarray(n * labels, (n + 1) * labels),
  );
  const f1s = rows.map((row) => {
    const present = row.reduce((sum, label) => sum + label, 0);
    const both = predicted.filter((label) => row[label]).length;
    return (2 * both) / (predicted.length + present);
  });
  return f1s.reduce((sum, f1) => sum + f1, 0) / rows.length;
}

describe('bestConstant', () => {
  it('is the best of all sets of labels', () => {
    const labels = 6;
    const rng = new Rng('constant');
    const sets = Array.from({ length: 2 ** labels - 1 }, (_, bits) =>
      Array.from({ length: labels }, (_, label) => label).filter((label) => ((bits + 1) >> label) & 1),
    );
    const sizes = new Set<number>();
    for (let round = 0; round < 60; round++) {
      const samples = 1 + rng.integer(7);
      const density = rng.uniform(0.1, 1);
      const truth = Uint8Array.from({ length: samples * labels }, () => (rng.chance(density) ? 1 : 0));
      const best = bestConstant(truth, labels);
      const highest = Math.max(...sets.map((set) => meanF1(truth, labels, set)));
      expect(new Set(best).size).toBe(best.length);
      expect(meanF1(truth, labels, best)).toBeCloseTo(highest, 12);
      sizes.add(best.length);
    }
    expect(sizes.size).toBeGreaterThan(4);
  });

  it('has the best label first, and no more labels than are needed', () => {
    // Label 2 in all three, 0 in two of them, 1 in one.
    expect(bestConstant(Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 1, 1), 3)).toEqual([2, 0]);
    // {0} scores 2/3 and 1, {0, 1} scores 1 and 2/3.
    expect(bestConstant(Uint8Array.of(1, 1, 1, 0), 2)).toEqual([0]);
  });
});
