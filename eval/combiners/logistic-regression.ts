import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type Classifier, classOf } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { type LinearModel, linearInOnnx, linearModel, linearProbabilities } from './linear-scores.ts';
import { classesLoss, labelLoss } from './logistic-loss.ts';
import { minimum } from './newton.ts';
import { stackOf } from './stack.ts';

/** Of the loss's slopes: far below what a probability would show. */
const tolerance = 1e-7;

/** Logistic regression with an L2 penalty, multinomial for classes: as scikit-learn's LogisticRegression. */
export const logisticRegression = defineKind({
  kind: 'logistic-regression',
  title: 'stacking: logistic regression of standardised outputs, L2 penalty',
  options: () =>
    z.strictObject({
      /** What the log loss counts against half the squared weights: scikit-learn's C. */
      inversePenalty: z.number().positive().default(1),
    }),
  make: ({ inversePenalty }): Combiner => stackOf('logistic regression', classifier(inversePenalty)),
});

function classifier(cost: number): Classifier<LinearModel> {
  return {
    model: linearModel,
    columns: 'standardized',
    least: 1,
    fit(columns, targets) {
      const { kind, columns: truths } = targets;
      const size = columns.width + 1;
      const points =
        kind === 'classes'
          ? [
              minimum(
                truths.length * size,
                classesLoss(columns, classOf(targets), truths.length, cost),
                tolerance,
              ),
            ]
          : truths.map((truth) => minimum(size, labelLoss(columns, truth, cost), tolerance));
      const all = points.flatMap((point) => [...point]);
      const rows = truths.map((_, k) => all.slice(k * size, (k + 1) * size));
      return {
        kind,
        weights: rows.map((row) => row.slice(0, -1)),
        offsets: rows.map((row) => row[columns.width]),
      };
    },
    probabilities: linearProbabilities,
    toOnnx: linearInOnnx,
  };
}
