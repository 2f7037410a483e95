import type { Metric } from './metric.ts';
import { meanOverSamples } from './overlap.ts';

/** The share of a sample's predicted labels that are true, |x∧y| / |x|; a sample without a prediction scores 0. */
export const precision: Metric = {
  name: 'precision/samples',
  title: 'example-based precision',
  tasks: ['multi-label'],
  range: [0, 1],
  higherIsBetter: true,
  reference: "sklearn.metrics.precision_score(average='samples', zero_division=0)",
  compute: (evaluated) =>
    meanOverSamples(evaluated, ({ both, predicted }) => (predicted > 0 ? both / predicted : 0)),
};
