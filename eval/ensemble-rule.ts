import { largest } from './combiners/maximum.ts';
import { weightedMean } from './combiners/mean.ts';
import { weightedVotes } from './combiners/vote.ts';
import { voteAverage } from './ensemble.ts';

/** Combiners that need nothing but the answers, and weights. */
export const ensembleRules = ['vote-average', 'mean', 'vote', 'maximum'] as const;
export type EnsembleRule = (typeof ensembleRules)[number];

const functions = {
  'vote-average': voteAverage,
  mean: weightedMean,
  vote: weightedVotes,
  maximum: largest,
} satisfies Record<
  EnsembleRule,
  (answers: readonly Float32Array[], weights: readonly number[]) => Float32Array
>;

/**
 * What an ensemble answers.
 *
 * @param answers each system's probabilities, all of one length
 * @param weights one a system, summing to 1; the maximum does without
 * @returns the combined probabilities, in 0–1, of the same length
 */
export function combinedBy(
  rule: EnsembleRule,
  answers: readonly Float32Array[],
  weights: readonly number[],
): Float32Array {
  return functions[rule](answers, weights);
}
