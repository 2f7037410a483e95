import { expect, it } from 'vitest';
import { type Evaluated, exampleBasedScores, metricsOf, perLabel } from '../../../eval/metrics/index.ts';
import { fc, runs } from '../../properties.ts';

/** Probabilities on both sides of the usual thresholds, at them, and anywhere. */
const probability = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
  fc.float({ min: 0, max: 1, noNaN: true }),
);

/** Rows of [probability, truth]. */
type Row = readonly (readonly [number, number])[];

/** A few samples; those without a true or a predicted label, and labels that nothing has, come often. */
const rows: fc.Arbitrary<Row[]> = fc
  .nat(5)
  .chain((last) =>
    fc.array(
      fc.oneof(
        fc.array(fc.tuple(probability, fc.nat(1)), { minLength: last + 1, maxLength: last + 1 }),
        fc.constant(Array.from({ length: last + 1 }, () => [0, 0] as const)),
      ),
      { minLength: 1, maxLength: 8 },
    ),
  );
const threshold = fc.constantFrom(0.25, 0.5, 0.75);

const evaluatedOf = (rows: readonly Row[], threshold: number): Evaluated => ({
  ...{ samples: rows.length, labels: rows[0].length },
  task: { kind: 'multi-label', threshold },
  probabilities: Float32Array.from(rows.flatMap((row) => row.map(([p]) => p))),
  truth: Uint8Array.from(rows.flatMap((row) => row.map(([, t]) => t))),
});
const valuesOf = (evaluated: Evaluated) => Object.values(metricsOf(evaluated)) as number[];
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));
const namesOf = (rows: readonly Row[]) => rows[0].map((_, i) => `label ${i}`);

/** Example-based metrics in the words of sets, one sample after the other. */
function slowly(rows: readonly Row[], threshold: number): number[] {
  const each = rows.map((row) => {
    const indices = [...row.keys()];
    const predicted = new Set(indices.filter((i) => row[i][0] >= threshold));
    const actual = new Set(indices.filter((i) => row[i][1] === 1));
    const both = indices.filter((i) => predicted.has(i) && actual.has(i)).length;
    const wrong = indices.filter((i) => predicted.has(i) !== actual.has(i)).length;
    const precision = predicted.size === 0 ? 0 : both / predicted.size;
    const recall = actual.size === 0 ? 0 : both / actual.size;
    const f1 = both === 0 ? 0 : (2 * precision * recall) / (precision + recall);
    return [precision, recall, f1, wrong === 0 ? 1 : 0, wrong / indices.length];
  });
  return each[0].map((_, i) => each.reduce((sum, values) => sum + values[i], 0) / rows.length);
}

it('metrics are the means over samples of what sets have in common', () => {
  fc.assert(
    fc.property(rows, threshold, (rows, threshold) => {
      const evaluated = evaluatedOf(rows, threshold);
      const values = valuesOf(evaluated);
      expect(values).toEqual(close(slowly(rows, threshold)));
      const inRange = values.map((value) => value >= 0 && value <= 1);
      expect(inRange).not.toContain(false);
      expect(Object.values(exampleBasedScores(evaluated))).toEqual(values.slice(0, 3));
    }),
    runs(300),
  );
});

it('the order of samples and of labels changes no metric, nor does each sample twice', () => {
  const reordered = rows.chain((rows) => {
    const all = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    return fc.record({ rows: fc.constant(rows), samples: all(rows), labels: all([...rows[0].keys()]) });
  });
  fc.assert(
    fc.property(reordered, threshold, ({ rows, samples, labels }, threshold) => {
      const values = close(valuesOf(evaluatedOf(rows, threshold)));
      const turned = samples.map((row) => labels.map((label) => row[label]));
      expect(valuesOf(evaluatedOf(turned, threshold))).toEqual(values);
      expect(valuesOf(evaluatedOf([...rows, ...rows], threshold))).toEqual(values);
      // A label takes its values along.
      const scores = perLabel(evaluatedOf(rows, threshold), namesOf(rows));
      const moved = labels.map((label, i) => ({ ...scores[label], label: `label ${i}` }));
      expect(perLabel(evaluatedOf(turned, threshold), namesOf(rows))).toEqual(moved);
    }),
  );
});

it('precision is the recall of the predictions by the truth, and the others do not care which is which', () => {
  fc.assert(
    fc.property(rows, threshold, (rows, threshold) => {
      const swapped = rows.map((row) => row.map(([p, t]) => [t, p >= threshold ? 1 : 0] as const));
      const [precision, recall, ...others] = close(valuesOf(evaluatedOf(rows, threshold)));
      expect(valuesOf(evaluatedOf(swapped, threshold))).toEqual([recall, precision, ...others]);
      const ofLabels = perLabel(evaluatedOf(rows, threshold), namesOf(rows));
      for (const [i, { precision, recall, f1 }] of perLabel(
        evaluatedOf(swapped, threshold),
        namesOf(rows),
      ).entries()) {
        expect([recall, precision, f1]).toEqual([ofLabels[i].precision, ofLabels[i].recall, ofLabels[i].f1]);
      }
    }),
  );
});

it('a higher threshold never finds more of what is true, and one below all finds everything', () => {
  fc.assert(
    fc.property(rows, probability, probability, (rows, a, b) => {
      const recall = (threshold: number) => exampleBasedScores(evaluatedOf(rows, threshold)).recall;
      expect(recall(Math.max(a, b))).toBeLessThanOrEqual(recall(Math.min(a, b)));
      const withLabels = rows.filter((row) => row.some(([, t]) => t === 1)).length;
      expect(recall(0)).toBeCloseTo(withLabels / rows.length, 12);
    }),
  );
});

it('a label alone has the scores of its samples in one row', () => {
  fc.assert(
    fc.property(rows, threshold, (rows, threshold) => {
      for (const [i, scores] of perLabel(evaluatedOf(rows, threshold), namesOf(rows)).entries()) {
        const column = rows.map((row) => row[i]);
        const alone = exampleBasedScores(evaluatedOf([column], threshold));
        expect([scores.precision ?? 0, scores.recall ?? 0, scores.f1 ?? 0]).toEqual(
          close(Object.values(alone)),
        );
        expect(scores.support).toBe(column.filter(([, t]) => t === 1).length);
        expect(scores.label).toBe(`label ${i}`);
        const nothingPredicted = column.every(([p]) => p < threshold);
        expect([scores.precision === null, scores.recall === null, scores.f1 === null]).toEqual([
          ...[nothingPredicted, scores.support === 0, nothingPredicted && scores.support === 0],
        ]);
      }
    }),
  );
});
