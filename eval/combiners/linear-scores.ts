import { z } from 'zod';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { type Columns, rowOf, type Targets } from './classifier.ts';

/** Scores that are weighted sums of the columns, and how they become probabilities. */
export const linearModel = z.strictObject({
  /** `labels`: a sigmoid each. `classes`: one softmax of all. */
  kind: z.enum(['labels', 'classes']),
  /** A row of weights, one a column, for each label or class. */
  weights: z.array(z.array(z.number())),
  offsets: z.array(z.number()),
});
export type LinearModel = z.infer<typeof linearModel>;

export function linearProbabilities(columns: Columns, { kind, weights, offsets }: LinearModel): Float64Array {
  return probabilitiesOf(columns, weights.length, kind, (row, target) =>
    dot(weights[target], row, offsets[target]),
  );
}

export function linearInOnnx(graph: NodeWriter, columns: string, model: LinearModel): string {
  return linkInOnnx(graph, linearScoresInOnnx(graph, columns, model), model.kind);
}

/** @returns the value of the scores, float64 [N, targets] */
export function linearScoresInOnnx(
  graph: NodeWriter,
  columns: string,
  { weights, offsets }: Pick<LinearModel, 'weights' | 'offsets'>,
): string {
  const [targets, width] = [weights.length, weights[0].length];
  const transposed = Array.from(
    { length: width * targets },
    (_, i) => weights[i % targets][Math.floor(i / targets)],
  );
  const matrix = graph.doubles('combine.weights', [width, targets], transposed);
  const sums = graph.add('MatMul', 'combine.sums', [columns, matrix]);
  return graph.add('Add', 'combine.scores', [sums, graph.doubles('combine.offsets', [targets], offsets)]);
}

/** `offset + Σ weight · value` */
export function dot(weights: readonly number[], values: ArrayLike<number>, offset = 0): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[i];
  return sum + offset;
}

/** @param scoreOf a row of columns and a target's index @returns rows × targets */
export function probabilitiesOf(
  columns: Columns,
  targets: number,
  kind: Targets['kind'],
  scoreOf: (row: Float64Array, target: number) => number,
): Float64Array {
  const probabilities = new Float64Array(columns.rows * targets);
  for (let row = 0; row < columns.rows; row++) {
    const values = rowOf(columns, row);
    const scores = Array.from({ length: targets }, (_, target) => scoreOf(values, target));
    probabilities.set(kind === 'labels' ? scores.map(sigmoid) : softmax(scores), row * targets);
  }
  return probabilities;
}

/**
 * By the logarithms of densities: of classes in their order; of labels, absence and presence of each, in turn.
 *
 * @returns rows × targets, row-major, in 0–1
 */
export function probabilitiesOfDensities<Density>(
  columns: Columns,
  densities: readonly Density[],
  kind: Targets['kind'],
  logOf: (density: Density, row: Float64Array) => number,
): Float64Array {
  if (kind === 'classes') {
    return probabilitiesOf(columns, densities.length, kind, (row, k) => logOf(densities[k], row));
  }
  return probabilitiesOf(
    columns,
    densities.length / 2,
    kind,
    (row, k) => logOf(densities[2 * k + 1], row) - logOf(densities[2 * k], row),
  );
}

/** @param scores float64 [N, targets] @returns the value of the probabilities */
export function linkInOnnx(graph: NodeWriter, scores: string, kind: Targets['kind']): string {
  if (kind === 'labels') return graph.add('Sigmoid', 'combine.probabilities', [scores]);
  return graph.add('Softmax', 'combine.probabilities', [scores], { axis: 1 });
}

export function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
