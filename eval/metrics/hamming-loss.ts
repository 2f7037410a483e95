import type { Metric } from './metric.ts';
import { meanOverSamples } from './overlap.ts';

/** The share of label decisions that are wrong, over all samples and labels. */
export const hammingLoss: Metric = {
  name: 'hamming-loss/samples',
  title: 'Hamming loss',
  tasks: ['multi-label'],
  range: [0, 1],
  higherIsBetter: false,
  reference: 'sklearn.metrics.hamming_loss',
  compute: (evaluated) =>
    meanOverSamples(
      evaluated,
      ({ both, predicted, actual }) => (predicted + actual - 2 * both) / evaluated.labels,
    ),
};
