import { predictedLabels, type Task } from '../src/core/task.ts';

/** A sample that was predicted badly. */
export interface WorstError {
  /** Its index among the evaluated samples. */
  readonly index: number;
  /** Class indices, most probable first. */
  readonly predicted: readonly number[];
  readonly truth: readonly number[];
  /** The sample's own F1, in 0–1. */
  readonly f1: number;
}

/**
 * The samples with the lowest F1, worst first; among equals the one whose probabilities lie farthest from the truth
 * (summed absolute difference). Samples without a mistake are never among them, so there may be fewer than `count`.
 *
 * @param predictions samples × labels, row-major, in 0–1
 * @param truth multi-hot, samples × labels
 */
export function worstErrors(
  predictions: { probabilities: Float32Array; truth: Uint8Array; labels: number; task: Task },
  count: number,
): WorstError[] {
  const { probabilities, truth, labels, task } = predictions;
  const positives = predictedLabels(task, probabilities, labels);
  const errors = Array.from({ length: truth.length / labels }, (_, index) => {
    const row = probabilities.subarray(index * labels, (index + 1) * labels);
    const actual = truth.subarray(index * labels, (index + 1) * labels);
    const indices = Array.from(row.keys());
    const predicted = indices.filter((i) => positives[index * labels + i]).sort((a, b) => row[b] - row[a]);
    const present = indices.filter((i) => actual[i]);
    const both = predicted.filter((i) => actual[i]).length;
    const f1 = predicted.length + present.length > 0 ? (2 * both) / (predicted.length + present.length) : 1;
    const distance = indices.reduce((sum, i) => sum + Math.abs(row[i] - actual[i]), 0);
    return { index, predicted, truth: present, f1, distance };
  });
  return errors
    .filter(({ f1 }) => f1 < 1)
    .sort((a, b) => a.f1 - b.f1 || b.distance - a.distance || a.index - b.index)
    .slice(0, count)
    .map(({ distance: _, ...error }) => error);
}
