import { predictedLabels } from '../../src/core/task.ts';
import type { Evaluated } from './metric.ts';

/** How one label is told from the rest, over all samples. Fractions in 0–1; null where a rate is 0 / 0. */
export interface LabelScores {
  readonly label: string;
  /** Null when the label was never predicted. */
  readonly precision: number | null;
  /** Null when no sample has the label. */
  readonly recall: number | null;
  /** Null when both are. */
  readonly f1: number | null;
  /** Samples that have the label. */
  readonly support: number;
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/**
 * Precision, recall, F1 and support of every label.
 * Reference: `sklearn.metrics.precision_recall_fscore_support(average=None, zero_division=nan)`.
 *
 * @param names the label set's names, in class-index order
 */
export function perLabel(evaluated: Evaluated, names: readonly string[]): LabelScores[] {
  const { samples, labels, probabilities, truth, task } = evaluated;
  if (names.length !== labels) throw new Error(`${labels} labels need as many names, have ${names.length}`);
  const positives = predictedLabels(task, probabilities, labels);
  return names.map((label, index) => {
    let [predicted, support, both] = [0, 0, 0];
    for (let i = index; i < samples * labels; i += labels) {
      predicted += positives[i];
      support += truth[i];
      both += positives[i] & truth[i];
    }
    return {
      label,
      precision: ratio(both, predicted),
      recall: ratio(both, support),
      f1: ratio(2 * both, predicted + support),
      support,
    };
  });
}
