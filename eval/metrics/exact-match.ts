import type { Metric } from './metric.ts';
import { meanOverSamples } from './overlap.ts';

/** The share of samples whose predicted labels are the true ones, all and only. */
export const exactMatch: Metric = {
  name: 'exact-match/samples',
  title: 'exact match',
  tasks: ['multi-label'],
  range: [0, 1],
  higherIsBetter: true,
  reference: 'sklearn.metrics.accuracy_score',
  compute: (evaluated) =>
    meanOverSamples(evaluated, ({ both, predicted, actual }) =>
      both === predicted && both === actual ? 1 : 0,
    ),
};
