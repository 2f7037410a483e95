import type { Metric } from './metric.ts';
import { meanOverSamples } from './overlap.ts';

/**
 * The mean of each sample's F1, 2|x∧y| / (|x|+|y|): not the harmonic mean of the mean precision and recall.
 * A sample with neither a predicted nor a true label scores 0, as in scikit-learn: there was nothing to find.
 */
export const f1: Metric = {
  name: 'f1/samples',
  title: 'example-based F1',
  tasks: ['multi-label'],
  range: [0, 1],
  higherIsBetter: true,
  reference: "sklearn.metrics.f1_score(average='samples', zero_division=0)",
  compute: (evaluated) =>
    meanOverSamples(evaluated, ({ both, predicted, actual }) =>
      predicted + actual > 0 ? (2 * both) / (predicted + actual) : 0,
    ),
};
