import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestConstant } from '../../../eval/constant.ts';
import { confusion, type Evaluated, metricsOf } from '../../../eval/metrics/index.ts';

interface Case {
  samples: number;
  labels: number;
  probabilities: number[];
  truth: number[];
  metrics: Record<string, number>;
  confusion: number[][];
}
const golden: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('../../golden/single-label-metrics.json', import.meta.url), 'utf8'),
);

/** @param truth an index a sample */
function evaluated(labels: number, probabilities: number[], truth: number[]): Evaluated {
  const hot = new Uint8Array(truth.length * labels);
  truth.forEach((label, i) => {
    hot[i * labels + label] = 1;
  });
  return {
    ...{ samples: truth.length, labels, truth: hot, task: { kind: 'single-label' } },
    probabilities: Float32Array.from(probabilities),
  };
}

describe('metrics of one label a sample', () => {
  it.each(golden.cases)('are those of scikit-learn on $samples × $labels', (one) => {
    const scored = evaluated(one.labels, one.probabilities, one.truth);
    expect(metricsOf(scored)).toEqual(
      Object.fromEntries(
        Object.entries(one.metrics).map(([name, value]) => [name, expect.closeTo(value, 12)]),
      ),
    );
    expect(confusion(scored)).toEqual(one.confusion);
  });

  it('count the first of equally probable labels', () => {
    const even = Array(12).fill(0.1);
    expect(metricsOf(evaluated(6, even, [0, 5]))).toEqual({
      ...{ 'accuracy/top-1': 0.5, 'accuracy/top-5': 0.5, 'accuracy/mean-class': 0.5 },
    });
    expect(metricsOf(evaluated(6, even, [4, 1]))['accuracy/top-5']).toBe(1);
  });

  it('are undefined over no samples', () => {
    expect(metricsOf(evaluated(3, [], []))).toEqual({
      ...{ 'accuracy/top-1': null, 'accuracy/top-5': null, 'accuracy/mean-class': null },
    });
  });

  it('have the most frequent label as their best constant', () => {
    const { truth } = evaluated(3, [], [1, 2, 1, 0]);
    expect(bestConstant(truth, 3, 'single-label')).toEqual([1]);
    expect(bestConstant(truth, 3)).toHaveLength(1);
    // Both of two that are as frequent would be the better one, were it not that one label holds.
    const even = evaluated(2, [], [1, 0]).truth;
    expect(bestConstant(even, 2)).toEqual([0, 1]);
    expect(bestConstant(even, 2, 'single-label')).toEqual([0]);
  });
});
