import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type ClassSamples, questionsOf } from './class-samples.ts';
import type { Classifier } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { scatter, symmetricEigen } from './linear-algebra.ts';
import { dot, type LinearModel, linearInOnnx, linearModel, linearProbabilities } from './linear-scores.ts';
import { stackOf } from './stack.ts';

/** A direction in which columns vary less than this, within classes and by their own deviations, is left out. */
const leastDeviation = 1e-4;

/**
 * Linear discriminant analysis: each class a normal distribution, all of one covariance; shares as in the samples. As
 * scikit-learn's LinearDiscriminantAnalysis (solver 'svd'), columns that say the same twice included.
 */
export const lda = defineKind({
  kind: 'lda',
  title: 'stacking: linear discriminant analysis of standardised outputs',
  options: () => z.strictObject({}),
  make: (): Combiner => stackOf('linear discriminant analysis', classifier),
});

const classifier: Classifier<LinearModel> = {
  model: linearModel,
  columns: 'standardized',
  least: 2,
  fit(columns, targets) {
    const scores = questionsOf(columns, targets).map((classes) => discriminants(classes, columns.width));
    // Of a label, presence against absence.
    const rows =
      targets.kind === 'classes'
        ? scores[0]
        : scores.map(([absent, present]) => ({
            weights: present.weights.map((weight, i) => weight - absent.weights[i]),
            offset: present.offset - absent.offset,
          }));
    return {
      kind: targets.kind,
      weights: rows.map(({ weights }) => weights),
      offsets: rows.map(({ offset }) => offset),
    };
  },
  probabilities: linearProbabilities,
  toOnnx: linearInOnnx,
};

/** For each class the log of its share and density, but for what all have in common. */
function discriminants(classes: readonly ClassSamples[], width: number) {
  const samples = classes.reduce((sum, { rows }) => sum + rows.length, 0);
  const within = scatter(
    classes.flatMap(({ rows, mean }) => rows.map((values) => ({ values, mean }))),
    width,
  ).map((sum) => sum / samples);
  const scale = Array.from({ length: width }, (_, i) => Math.sqrt(within[i * width + i]) || 1);
  const correlation = within.map((sum, at) => sum / scale[Math.floor(at / width)] / scale[at % width]);
  const { values, vectors } = symmetricEigen(correlation, width);
  const kept = vectors.flatMap((vector, i) => {
    if (!(values[i] > leastDeviation ** 2)) return [];
    const deviation = Math.sqrt(values[i]);
    return [vector.map((part, j) => part / scale[j] / deviation)];
  });
  const middle = Array.from({ length: width }, (_, i) =>
    classes.reduce((sum, { share, mean }) => sum + share * mean[i], 0),
  );
  return classes.map(({ share, mean }) => {
    const whitened = kept.map((direction) => dot(direction, mean) - dot(direction, middle));
    const weights = middle.map((_, i) =>
      kept.reduce((sum, direction, k) => sum + whitened[k] * direction[i], 0),
    );
    return { weights, offset: -dot(whitened, whitened) / 2 + Math.log(share) - dot(weights, middle) };
  });
}
