import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type ClassSamples, questionsOf } from './class-samples.ts';
import type { Classifier } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { dot, linkInOnnx, probabilitiesOfDensities } from './linear-scores.ts';
import { logRatiosInOnnx } from './log-ratios.ts';
import { stackOf } from './stack.ts';

/** The log of share and density at x is `offset + Σ linear · x + Σ square · x²`. */
const bell = z.strictObject({
  square: z.array(z.number()),
  linear: z.array(z.number()),
  offset: z.number(),
});
type Bell = z.infer<typeof bell>;

const model = z.strictObject({
  kind: z.enum(['labels', 'classes']),
  /** Of labels: absence and presence of each, in turn. */
  bells: z.array(bell).min(2),
});

/** Naive Bayes: in each class every column a normal distribution by itself. As scikit-learn's GaussianNB. */
export const naiveBayes = defineKind({
  kind: 'naive-bayes',
  title: 'stacking: Gaussian naive Bayes of standardised outputs',
  options: () =>
    z.strictObject({
      /** Added to every variance, of columns whose own is 1: scikit-learn's var_smoothing. */
      smoothing: z.number().positive().default(1e-9),
    }),
  make: ({ smoothing }): Combiner => stackOf('naive Bayes', classifier(smoothing)),
});

function classifier(smoothing: number): Classifier<z.infer<typeof model>> {
  return {
    model,
    columns: 'standardized',
    least: 1,
    fit(columns, targets) {
      const classes = questionsOf(columns, targets).flat();
      return { kind: targets.kind, bells: classes.map((one) => bellOf(one, smoothing)) };
    },
    probabilities: (columns, { kind, bells }) => probabilitiesOfDensities(columns, bells, kind, density),
    toOnnx(graph, columns, { kind, bells }) {
      const [classes, width] = [bells.length, bells[0].linear.length];
      const matrixOf = (name: string, key: 'square' | 'linear') =>
        graph.doubles(
          name,
          [width, classes],
          Array.from({ length: width * classes }, (_, i) => bells[i % classes][key][Math.floor(i / classes)]),
        );
      const squares = graph.add('Mul', 'combine.squares', [columns, columns]);
      const bent = graph.add('MatMul', 'combine.bent', [squares, matrixOf('combine.square', 'square')]);
      const straight = graph.add('MatMul', 'combine.straight', [
        columns,
        matrixOf('combine.linear', 'linear'),
      ]);
      const both = graph.add('Add', 'combine.both', [bent, straight]);
      const offsets = graph.doubles(
        'combine.offsets',
        [classes],
        bells.map(({ offset }) => offset),
      );
      const densities = graph.add('Add', 'combine.densities', [both, offsets]);
      const scores = kind === 'labels' ? logRatiosInOnnx(graph, densities, classes / 2) : densities;
      return linkInOnnx(graph, scores, kind);
    },
  };
}

function bellOf({ rows, mean, share }: ClassSamples, least: number): Bell {
  const variances = mean.map(
    (middle, i) => rows.reduce((sum, values) => sum + (values[i] - middle) ** 2, 0) / rows.length + least,
  );
  return {
    square: variances.map((variance) => -1 / (2 * variance)),
    linear: variances.map((variance, i) => mean[i] / variance),
    offset:
      Math.log(share) -
      variances.reduce((sum, variance, i) => sum + (mean[i] ** 2 / variance + Math.log(variance)) / 2, 0),
  };
}

function density({ square, linear, offset }: Bell, row: Float64Array): number {
  return (
    offset +
    dot(linear, row) +
    dot(
      square,
      row.map((value) => value * value),
    )
  );
}
