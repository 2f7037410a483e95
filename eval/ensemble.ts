import { UserError } from '../src/core/errors.ts';

/**
 * What each system counts for: its validation F1 over the sum of all.
 *
 * @param f1s the systems' F1, or any weights; not negative, one above 0. Fractions or percent: only ratios count
 * @throws UserError otherwise
 * @example voteAverageWeights([59.4, 58.9, 61.7]); // [0.3300, 0.3272, 0.3428]
 */
export function voteAverageWeights(f1s: readonly number[]): number[] {
  const sum = f1s.reduce((total, f1) => total + f1, 0);
  if (!(sum > 0 && Number.isFinite(sum) && f1s.every((f1) => f1 >= 0))) {
    throw new UserError('ensemble weights must not be negative, and one must be above 0', {
      received: f1s.join(', ') || 'none',
      remedy: 'give other weights',
    });
  }
  return f1s.map((f1) => f1 / sum);
}

/**
 * The vote-plus-average rule of the challenge's winning team (papers/001, section 5): with the weighted vote
 * v = Σ w_k [p_k ≥ threshold] and the weighted mean m = Σ w_k p_k, the combined probability is (v + m) / 2,
 * decided at 0.5.
 *
 * @param members each system's probabilities, all of one length; in 0–1
 * @param weights one a system, summing to 1: see `voteAverageWeights`
 * @returns the combined probabilities, in 0–1, in the members' layout
 * @throws UserError when lengths differ or the weights do not sum to 1
 * @example voteAverage([Float32Array.of(0.2), Float32Array.of(0.6), Float32Array.of(0.61)], [0.33, 0.3272, 0.3428]); // [0.5707]
 */
export function voteAverage(
  members: readonly Float32Array[],
  weights: readonly number[],
  threshold = 0.5,
): Float32Array {
  const lengths = members.map(({ length }) => length);
  if (members.length === 0 || weights.length !== members.length || new Set(lengths).size > 1) {
    throw new UserError('an ensemble needs one weight a system, and systems that answer the same samples', {
      received: `${weights.length} weights for systems with ${lengths.join(', ') || 'no'} probabilities`,
    });
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (!(Math.abs(sum - 1) < 1e-6)) {
    throw new UserError('ensemble weights must sum to 1', { received: `${weights.join(', ')}: ${sum}` });
  }
  return Float32Array.from(members[0], (_, i) => {
    let [vote, mean] = [0, 0];
    for (let k = 0; k < members.length; k++) {
      const probability = members[k][i];
      vote += probability >= threshold ? weights[k] : 0;
      mean += weights[k] * probability;
    }
    return (vote + mean) / 2;
  });
}
