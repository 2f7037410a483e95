import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestConstant } from '../../../eval/constant.ts';
import { type Evaluated, exampleBasedScores, metrics, perLabel } from '../../../eval/metrics/index.ts';
import { a2dLabels, multiHot } from '../../../src/core/labels.ts';
import { atOneHalf } from '../../../src/core/task.ts';

interface Case {
  samples: number;
  labels: number;
  threshold: number;
  probabilities: number[];
  truth: number[];
  metrics: Record<string, number>;
  perLabel: Record<'precision' | 'recall' | 'f1' | 'support', (number | null)[]>;
}
const golden: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('../../golden/metrics.json', import.meta.url), 'utf8'),
);

const multiLabel = metrics.all.filter(({ tasks }) => tasks.includes('multi-label'));

const evaluated = ({ samples, labels, threshold, probabilities, truth }: Case): Evaluated => ({
  samples,
  labels,
  task: { kind: 'multi-label', threshold },
  probabilities: Float32Array.from(probabilities),
  truth: Uint8Array.from(truth),
});

describe('metrics', () => {
  it.each(golden.cases)('are those of scikit-learn on $samples × $labels at $threshold', (golden) => {
    expect(multiLabel.map(({ name }) => name)).toEqual(Object.keys(golden.metrics));
    for (const { name, compute, range } of multiLabel) {
      const value = compute(evaluated(golden))!;
      expect(value).toBeCloseTo(golden.metrics[name], 12);
      expect(value).toBeGreaterThanOrEqual(range[0]);
      expect(value).toBeLessThanOrEqual(range[1]);
    }
    expect(exampleBasedScores(evaluated(golden))).toEqual({
      precision: expect.closeTo(golden.metrics['precision/samples'], 12),
      recall: expect.closeTo(golden.metrics['recall/samples'], 12),
      f1: expect.closeTo(golden.metrics['f1/samples'], 12),
    });
    const names = Array.from({ length: golden.labels }, (_, i) => `label ${i}`);
    const close = (value: number | null) => (value === null ? null : expect.closeTo(value, 12));
    expect(perLabel(evaluated(golden), names)).toEqual(
      names.map((label, i) => ({
        label,
        precision: close(golden.perLabel.precision[i]),
        recall: close(golden.perLabel.recall[i]),
        f1: close(golden.perLabel.f1[i]),
        support: golden.perLabel.support[i],
      })),
    );
  });

  it('are at the better end of their range where all is right, and at the other where all is wrong', () => {
    const truth = Uint8Array.of(1, 0, 1, 0, 1, 0);
    const scored = (probabilities: Float32Array): Evaluated => ({
      ...{ samples: 2, labels: 3, task: atOneHalf },
      ...{ probabilities, truth },
    });
    for (const { compute, range, higherIsBetter } of multiLabel) {
      const [worst, best] = higherIsBetter ? range : range.toReversed();
      expect(compute(scored(Float32Array.from(truth)))).toBe(best);
      expect(compute(scored(Float32Array.from(truth, (label) => 1 - label)))).toBe(worst);
    }
  });

  it('are undefined over no samples', () => {
    const none: Evaluated = {
      samples: 0,
      labels: 3,
      task: atOneHalf,
      probabilities: new Float32Array(0),
      truth: new Uint8Array(0),
    };
    for (const { compute } of multiLabel) expect(compute(none)).toBeNull();
    expect(() => exampleBasedScores(none)).toThrow('at least one sample');
  });

  it('refuse probabilities that are not samples × labels', () => {
    const short: Evaluated = {
      samples: 2,
      labels: 43,
      task: atOneHalf,
      probabilities: new Float32Array(88),
      truth: new Uint8Array(86),
    };
    const other = { ...short, probabilities: new Float32Array(86), truth: new Uint8Array(43) };
    for (const { compute } of multiLabel) {
      expect(() => compute(short)).toThrow('2 samples × 43 labels need 86 probabilities, have 88');
      expect(() => compute(other)).toThrow('2 samples × 43 labels need 86 truth, have 43');
    }
  });

  /** Three samples of four labels, counted by hand; probabilities at the threshold, and a first sample with both. */
  const byHand: Evaluated = {
    ...{ samples: 3, labels: 4, task: atOneHalf },
    // Predicted: a b c | a | –
    probabilities: Float32Array.of(0.5, 0.9, 0.5, 0.1, 0.7, 0.4, 0.2, 0.3, 0, 0.1, 0.2, 0.3),
    // True: a b | a b d | d
    truth: Uint8Array.of(1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1),
  };

  it('are what one counts by hand, each its own', () => {
    expect(exampleBasedScores(byHand)).toEqual({
      precision: expect.closeTo((2 / 3 + 1 + 0) / 3, 12),
      recall: expect.closeTo((1 + 1 / 3 + 0) / 3, 12),
      f1: expect.closeTo((4 / 5 + 2 / 4 + 0) / 3, 12),
    });
    const values = Object.fromEntries(metrics.all.map(({ name, compute }) => [name, compute(byHand)]));
    expect(values['exact-match/samples']).toBe(0);
    expect(values['hamming-loss/samples']).toBeCloseTo((1 / 4 + 2 / 4 + 1 / 4) / 3, 12);
  });

  it('of a label are what one counts by hand', () => {
    expect(perLabel(byHand, ['a', 'b', 'c', 'd'])).toEqual([
      { label: 'a', precision: 1, recall: 1, f1: 1, support: 2 },
      { label: 'b', precision: 1, recall: 1 / 2, f1: 2 / 3, support: 2 },
      { label: 'c', precision: 0, recall: null, f1: 0, support: 0 },
      { label: 'd', precision: null, recall: 0, f1: 0, support: 2 },
    ]);
    expect(() => perLabel(byHand, ['a', 'b', 'c'])).toThrow('4 labels need as many names, have 3');
  });

  it('count a probability at the threshold as predicted', () => {
    const at = (p: number) =>
      exampleBasedScores({
        samples: 1,
        labels: 1,
        task: atOneHalf,
        probabilities: Float32Array.of(p),
        truth: Uint8Array.of(1),
      });
    expect(at(0.5).f1).toBe(1);
    expect(at(0.4999999).f1).toBe(0);
  });
});

describe('bestConstant', () => {
  it('is the best of all subsets', () => {
    for (const { samples, labels, truth } of golden.cases.filter(({ labels }) => labels <= 9)) {
      const score = (indices: number[]) =>
        exampleBasedScores({
          samples,
          labels,
          task: atOneHalf,
          probabilities: Float32Array.from(truth, (_, i) => (indices.includes(i % labels) ? 1 : 0)),
          truth: Uint8Array.from(truth),
        }).f1;
      const subsets = Array.from({ length: 2 ** labels }, (_, mask) =>
        Array.from({ length: labels }, (_, i) => i).filter((i) => mask & (1 << i)),
      );
      expect(score(bestConstant(Uint8Array.from(truth), labels))).toBeCloseTo(
        Math.max(...subsets.map(score)),
        12,
      );
    }
  });
});

const realLabels = new URL('../../../../shared/real/a2d-labels/newVideoSet.csv', import.meta.url);
if (!existsSync(realLabels)) {
  console.warn('skipped: the golden values on A2D, for want of ../shared/real/a2d-labels/newVideoSet.csv');
}

describe.runIf(existsSync(realLabels))('metrics on the real label sets of A2D', () => {
  const rows = () =>
    readFileSync(realLabels, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','))
      .filter(([, , usage]) => Number(usage) === 1)
      .map(([, codes]) => multiHot(codes.trim().split(/\s+/).map(Number), a2dLabels));

  const test = (constant: (index: number) => boolean) => {
    const truth = rows();
    return exampleBasedScores({
      samples: truth.length,
      labels: 43,
      task: atOneHalf,
      probabilities: Float32Array.from({ length: truth.length * 43 }, (_, i) => (constant(i % 43) ? 1 : 0)),
      truth: Uint8Array.from(truth.flatMap((row) => [...row])),
    });
  };

  it('give the published values of two constant predictions on the test split', () => {
    expect(rows()).toHaveLength(2365);
    const adultNone = test((index) => index === 7);
    expect(adultNone.precision).toBeCloseTo(0.158985, 6);
    expect(adultNone.recall).toBeCloseTo(0.076427, 6);
    expect(adultNone.f1).toBeCloseTo(0.102044, 6);
    const all = test(() => true);
    expect(all.precision).toBeCloseTo(0.030896, 6);
    expect(all.recall).toBe(1);
    expect(all.f1).toBeCloseTo(0.059633, 6);
  });
});
