import type { Columns } from './classifier.ts';
import { solvePositive } from './linear-algebra.ts';
import { sigmoid, softmax } from './linear-scores.ts';
import { type ConvexPoint, conjugateDirection } from './newton.ts';

/**
 * `cost · Σ log loss + ½ Σ weight²` of a label, by the weights of the columns and an offset, which is not penalised.
 *
 * @param truth 0 or 1 a row
 */
export function labelLoss(
  columns: Columns,
  truth: Uint8Array,
  cost: number,
): (point: Float64Array) => ConvexPoint {
  const width = columns.width + 1;
  return (point) => {
    const scores = scoresOf(columns, point, 1);
    let value = penaltyOf(point, width);
    const probabilities = scores.map(sigmoid);
    scores.forEach((score, row) => {
      value += cost * (softplus(score) - truth[row] * score);
    });
    const slopes = penaltySlopes(point, width);
    addByRow(
      slopes,
      columns,
      probabilities.map((probability, row) => cost * (probability - truth[row])),
      1,
    );
    return {
      value,
      slopes,
      direction() {
        const weights = probabilities.map((probability) => cost * probability * (1 - probability));
        return solvePositive(
          curvatures(columns, weights),
          slopes.map((slope) => -slope),
        );
      },
    };
  };
}

/**
 * The same of classes, whose probabilities are a softmax: a row of weights and an offset for each.
 *
 * @param truth the index of the class a row
 */
export function classesLoss(
  columns: Columns,
  truth: ArrayLike<number>,
  classes: number,
  cost: number,
): (point: Float64Array) => ConvexPoint {
  const width = columns.width + 1;
  return (point) => {
    const shares = scoresOf(columns, point, classes);
    let value = penaltyOf(point, width);
    for (let row = 0; row < columns.rows; row++) {
      const own = softmax([...shares.subarray(row * classes, (row + 1) * classes)]);
      shares.set(own, row * classes);
      value -= cost * Math.log(Math.max(own[truth[row]], Number.MIN_VALUE));
    }
    const errors = shares.map(
      (share, i) => cost * (share - (i % classes === truth[Math.floor(i / classes)] ? 1 : 0)),
    );
    const slopes = penaltySlopes(point, width);
    addByRow(slopes, columns, errors, classes);
    const curvature = (direction: Float64Array) => {
      const changes = scoresOf(columns, direction, classes);
      for (let first = 0; first < changes.length; first += classes) {
        let mean = 0;
        for (let k = first; k < first + classes; k++) mean += shares[k] * changes[k];
        for (let k = first; k < first + classes; k++) changes[k] = cost * shares[k] * (changes[k] - mean);
      }
      const bent = penaltySlopes(direction, width);
      addByRow(bent, columns, changes, classes);
      return bent;
    };
    return { value, slopes, direction: () => conjugateDirection(slopes, curvature) };
  };
}

/** @param point for each target the weights, then the offset @returns rows × targets */
function scoresOf({ rows, width, data }: Columns, point: Float64Array, targets: number): Float64Array {
  const scores = new Float64Array(rows * targets);
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < targets; k++) {
      const first = k * (width + 1);
      let sum = point[first + width];
      for (let j = 0; j < width; j++) sum += point[first + j] * data[row * width + j];
      scores[row * targets + k] = sum;
    }
  }
  return scores;
}

/** Adds up columns, and ones, each row of them times a factor a target. @param factors rows × targets */
function addByRow(
  sums: Float64Array,
  { rows, width, data }: Columns,
  factors: Float64Array,
  targets: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < targets; k++) {
      const [factor, first] = [factors[row * targets + k], k * (width + 1)];
      for (let j = 0; j < width; j++) sums[first + j] += factor * data[row * width + j];
      sums[first + width] += factor;
    }
  }
}

/** All second derivatives of a label's loss: the penalty's, and those of each row times a weight. */
function curvatures({ rows, width, data }: Columns, weights: Float64Array): Float64Array {
  const size = width + 1;
  const sums = new Float64Array(size * size);
  const own = new Float64Array(size).fill(1);
  for (let row = 0; row < rows; row++) {
    own.set(data.subarray(row * width, (row + 1) * width));
    for (let i = 0; i < size; i++) {
      const factor = weights[row] * own[i];
      for (let j = 0; j <= i; j++) sums[i * size + j] += factor * own[j];
    }
  }
  for (let i = 0; i < size; i++) {
    if (i < width) sums[i * size + i] += 1;
    for (let j = 0; j < i; j++) sums[j * size + i] = sums[i * size + j];
  }
  return sums;
}

function penaltyOf(point: Float64Array, width: number): number {
  return penaltySlopes(point, width).reduce((sum, weight) => sum + (weight * weight) / 2, 0);
}

/** The weights themselves, and nothing of the offsets. */
function penaltySlopes(point: Float64Array, width: number): Float64Array {
  return point.map((value, i) => (i % width === width - 1 ? 0 : value));
}

/** log(1 + exp(score)), without overflow. */
function softplus(score: number): number {
  return Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));
}
