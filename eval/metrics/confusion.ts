import { predictedLabels } from '../../src/core/task.ts';
import type { Evaluated } from './metric.ts';

/**
 * How many samples of a true label (row) were predicted as a label (column), for truth of one label a sample.
 * Reference: `sklearn.metrics.confusion_matrix`.
 */
export function confusion({ samples, labels, probabilities, truth, task }: Evaluated): number[][] {
  const predicted = predictedLabels(task, probabilities, labels);
  const counts = Array.from({ length: labels }, () => new Array<number>(labels).fill(0));
  for (let from = 0; from < samples * labels; from += labels) {
    const [row, column] = [truth, predicted].map((hot) => hot.subarray(from, from + labels).indexOf(1));
    counts[row][column]++;
  }
  return counts;
}
