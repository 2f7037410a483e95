import { predictedLabels } from '../../src/core/task.ts';
import type { Evaluated } from './metric.ts';

/** How a sample's predicted labels x and true labels y meet. */
export interface Overlap {
  /** |x| */
  readonly predicted: number;
  /** |y| */
  readonly actual: number;
  /** |x ∧ y| */
  readonly both: number;
}

/**
 * The overlap of every sample, in order.
 * @throws Error when probabilities or truth are not samples × labels long
 */
export function* overlaps(evaluated: Evaluated): Generator<Overlap> {
  const { samples, labels, probabilities, truth, task } = evaluated;
  for (const [what, { length }] of Object.entries({ probabilities, truth })) {
    if (length !== samples * labels) {
      throw new Error(
        `${samples} samples × ${labels} labels need ${samples * labels} ${what}, have ${length}`,
      );
    }
  }
  const positives = predictedLabels(task, probabilities, labels);
  for (let start = 0; start < samples * labels; start += labels) {
    let [predicted, actual, both] = [0, 0, 0];
    for (let i = start; i < start + labels; i++) {
      predicted += positives[i];
      actual += truth[i];
      both += positives[i] & truth[i];
    }
    yield { predicted, actual, both };
  }
}

/** The mean over samples of a score of each; null over none. */
export function meanOverSamples(evaluated: Evaluated, score: (overlap: Overlap) => number): number | null {
  let sum = 0;
  for (const overlap of overlaps(evaluated)) sum += score(overlap);
  return evaluated.samples > 0 ? sum / evaluated.samples : null;
}
