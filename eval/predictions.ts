import { UserError } from '../src/core/errors.ts';

/** One system's probabilities on a list of samples. */
export interface JoinedPredictions {
  readonly ids: readonly string[];
  /** ids × labels, row-major, in 0–1. */
  readonly probabilities: Float32Array;
}

/** At most five ids, and how many more. */
function listed(ids: readonly string[]): string {
  const more = ids.length - 5;
  return ids.slice(0, 5).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/**
 * Probabilities in the order of `ids`, whatever order they were stored in: predictions meet samples by id, never
 * by position.
 *
 * @param stored a row of `labels` probabilities a sample; more samples than asked for are fine
 * @throws UserError naming the ids that are not there
 */
export function joinPredictions(
  ids: readonly string[],
  stored: ReadonlyMap<string, Float32Array>,
  labels: number,
): JoinedPredictions {
  const missing = ids.filter((id) => !stored.has(id));
  if (missing.length > 0) {
    throw new UserError('every sample needs a prediction', {
      received: `none for ${listed(missing)}`,
      remedy: 'score the split again with the same cache',
    });
  }
  const probabilities = new Float32Array(ids.length * labels);
  ids.forEach((id, i) => {
    probabilities.set(stored.get(id)!, i * labels);
  });
  return { ids, probabilities };
}
