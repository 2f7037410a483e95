import { z } from 'zod';
import { UserError } from '../../src/core/errors.ts';
import { defineKind } from '../../src/core/kind.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { type ClassSamples, questionsOf } from './class-samples.ts';
import type { Classifier } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { scatter, symmetricEigen } from './linear-algebra.ts';
import { dot, linkInOnnx, probabilitiesOfDensities } from './linear-scores.ts';
import { logRatiosInOnnx } from './log-ratios.ts';
import { stackOf } from './stack.ts';

/** A normal distribution: the log of share and density at x is `offset − ½ Σ (row · (x − mean))²`. */
const normal = z.strictObject({
  mean: z.array(z.number()),
  whitening: z.array(z.array(z.number())),
  offset: z.number(),
});
type Normal = z.infer<typeof normal>;

const model = z.strictObject({
  kind: z.enum(['labels', 'classes']),
  /** Of labels: absence and presence of each, in turn. */
  normals: z.array(normal).min(2),
});

/** A variance that is none (scikit-learn's `tol`). */
const leastVariance = 1e-4;

/**
 * Quadratic discriminant analysis: each class a normal distribution with a covariance of its own, shares as in the
 * samples. As scikit-learn's QuadraticDiscriminantAnalysis, which also wants more samples a class than there are columns:
 * here the regularisation, its `reg_param`, stands in for what fewer samples do not say.
 */
export const qda = defineKind({
  kind: 'qda',
  title: 'stacking: quadratic discriminant analysis of standardised outputs',
  options: () =>
    z.strictObject({
      /** Of each class's covariance, what is replaced by 1 on the diagonal. */
      regularization: z.number().min(0).max(1).default(0.1),
    }),
  make: ({ regularization }): Combiner =>
    stackOf('quadratic discriminant analysis', classifier(regularization)),
});

function classifier(regularization: number): Classifier<z.infer<typeof model>> {
  return {
    model,
    columns: 'standardized',
    least: 2,
    fit(columns, targets) {
      const classes = questionsOf(columns, targets).flat();
      return {
        kind: targets.kind,
        normals: classes.map((one) => normalOf(one, columns.width, regularization)),
      };
    },
    probabilities: (columns, { kind, normals }) => probabilitiesOfDensities(columns, normals, kind, density),
    toOnnx(graph, columns, { kind, normals }) {
      const densities = densitiesInOnnx(graph, columns, normals);
      return linkInOnnx(
        graph,
        kind === 'labels' ? logRatiosInOnnx(graph, densities, normals.length / 2) : densities,
        kind,
      );
    },
  };
}

function normalOf({ rows, mean, share }: ClassSamples, width: number, regularization: number): Normal {
  const covariance = scatter(
    rows.map((values) => ({ values, mean })),
    width,
  );
  const { values, vectors } = symmetricEigen(covariance, width);
  const variances = values.map(
    (value) => (1 - regularization) * (Math.max(value, 0) / rows.length) + regularization,
  );
  if (variances.some((variance) => variance <= leastVariance)) {
    throw new UserError('qda needs columns that vary independently in every class', {
      received: `${rows.length} samples of a class, of ${width} columns some of which follow from others`,
      remedy: 'raise its regularization',
    });
  }
  return {
    mean: [...mean],
    whitening: vectors.map((vector, i) => vector.map((part) => part / Math.sqrt(variances[i]))),
    offset: Math.log(share) - variances.reduce((sum, variance) => sum + Math.log(variance), 0) / 2,
  };
}

function density({ mean, whitening, offset }: Normal, row: Float64Array): number {
  const centred = row.map((value, i) => value - mean[i]);
  return offset - whitening.reduce((sum, direction) => sum + dot(direction, centred) ** 2, 0) / 2;
}

/** @returns the value of the densities, float64 [N, classes] */
function densitiesInOnnx(graph: NodeWriter, columns: string, normals: readonly Normal[]): string {
  const [classes, width] = [normals.length, normals[0].mean.length];
  const rows = graph.add('Unsqueeze', 'combine.rows', [columns, graph.integers([1])]);
  const means = graph.doubles(
    'combine.means',
    [classes, width],
    normals.flatMap(({ mean }) => mean),
  );
  const centred = graph.add('Sub', 'combine.fromMeans', [rows, means]);
  const byClass = graph.add('Transpose', 'combine.byClass', [centred], { perm: [1, 0, 2] });
  const turned = normals.flatMap(({ whitening }) =>
    Array.from({ length: width * width }, (_, i) => whitening[i % width][Math.floor(i / width)]),
  );
  const whitening = graph.doubles('combine.whitening', [classes, width, width], turned);
  const white = graph.add('MatMul', 'combine.white', [byClass, whitening]);
  const squares = graph.add('Mul', 'combine.squares', [white, white]);
  const sums = graph.add('ReduceSum', 'combine.distances', [squares, graph.integers([2])], { keepdims: 0 });
  const half = graph.add('Mul', 'combine.halves', [sums, graph.doubles('combine.half', [1], [-0.5])]);
  const bySample = graph.add('Transpose', 'combine.bySample', [half], { perm: [1, 0] });
  const offsets = graph.doubles(
    'combine.offsets',
    [classes],
    normals.map(({ offset }) => offset),
  );
  return graph.add('Add', 'combine.densities', [bySample, offsets]);
}
