import { confusion } from './confusion.ts';
import type { Metric } from './metric.ts';

/** The mean over labels of the share of a label's samples that are predicted as it; over labels that occur. */
export const meanClassAccuracy: Metric = {
  name: 'accuracy/mean-class',
  title: 'mean class accuracy',
  tasks: ['single-label'],
  range: [0, 1],
  higherIsBetter: true,
  reference: 'sklearn.metrics.balanced_accuracy_score',
  compute: (evaluated) => {
    const shares = confusion(evaluated).flatMap((row, label) => {
      const support = row.reduce((sum, count) => sum + count, 0);
      return support > 0 ? row[label] / support : [];
    });
    return shares.length > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : null;
  },
};
