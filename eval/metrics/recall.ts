import type { Metric } from './metric.ts';
import { meanOverSamples } from './overlap.ts';

/** The share of a sample's true labels that are predicted, |x∧y| / |y|; a sample without a true label scores 0. */
export const recall: Metric = {
  name: 'recall/samples',
  title: 'example-based recall',
  tasks: ['multi-label'],
  range: [0, 1],
  higherIsBetter: true,
  reference: "sklearn.metrics.recall_score(average='samples', zero_division=0)",
  compute: (evaluated) => meanOverSamples(evaluated, ({ both, actual }) => (actual > 0 ? both / actual : 0)),
};
