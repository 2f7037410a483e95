import type { Evaluated, Metric } from './metric.ts';

/** The share of samples whose true label is among the k most probable; of equally probable ones the first count. */
function topK(k: number): Metric {
  return {
    name: `accuracy/top-${k}`,
    title: `top-${k} accuracy`,
    tasks: ['single-label'],
    range: [0, 1],
    higherIsBetter: true,
    reference: `sklearn.metrics.top_k_accuracy_score(k=${k})`,
    compute: (evaluated) => {
      const { samples } = evaluated;
      if (samples === 0) return null;
      let right = 0;
      for (let sample = 0; sample < samples; sample++) if (rankOfTruth(evaluated, sample) < k) right++;
      return right / samples;
    },
  };
}

/** How many labels come before the true one. */
function rankOfTruth({ labels, probabilities, truth }: Evaluated, sample: number): number {
  const from = sample * labels;
  const actual = truth.subarray(from, from + labels).indexOf(1);
  const row = probabilities.subarray(from, from + labels);
  return row.reduce(
    (before, p, i) => before + (p > row[actual] || (p === row[actual] && i < actual) ? 1 : 0),
    0,
  );
}

export const top1 = topK(1);
export const top5 = topK(5);
