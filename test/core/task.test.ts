import { describe, expect, it } from 'vitest';
import {
  atOneHalf,
  ensembleTask,
  predictedLabels,
  statedThreshold,
  taskText,
  thresholdsOf,
} from '../../src/core/task.ts';

const single = { kind: 'single-label' } as const;
const own = { kind: 'multi-label', threshold: [0.25, 0.5, 0.75] } as const;

describe('a task', () => {
  const probabilities = Float32Array.of(0.5, 0.5, 0.75, 0.25, 0.49, 0.74, 0, 0, 0);

  it('predicts labels at one threshold, or each at its own', () => {
    expect([...predictedLabels(atOneHalf, probabilities, 3)]).toEqual([1, 1, 1, 0, 0, 1, 0, 0, 0]);
    expect([...predictedLabels(own, probabilities, 3)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0]);
  });

  it('predicts the most probable label of each sample, of equal ones the first', () => {
    expect([...predictedLabels(single, probabilities, 3)]).toEqual([0, 0, 1, 0, 0, 1, 1, 0, 0]);
  });

  it('says its thresholds', () => {
    expect(thresholdsOf(own, 3)).toEqual([0.25, 0.5, 0.75]);
    expect(thresholdsOf(atOneHalf, 2)).toEqual([0.5, 0.5]);
    expect(thresholdsOf(single, 2)).toEqual([]);
    expect([own, atOneHalf, single].map(statedThreshold)).toEqual([[0.25, 0.5, 0.75], 0.5, null]);
    expect([own, atOneHalf, single].map(taskText)).toEqual([
      'a label is predicted at a probability of its own threshold or more, 0.25 to 0.75',
      'a label is predicted at a probability of 0.5 or more',
      'the most probable label is predicted',
    ]);
  });

  it('of an ensemble is at one half, or the most probable', () => {
    expect(ensembleTask('multi-label')).toEqual(atOneHalf);
    expect(ensembleTask('single-label')).toEqual(single);
  });
});
