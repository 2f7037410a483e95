import { CholeskyDecomposition, EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** A symmetric matrix as `Σ value · vector vectorᵀ`. */
export interface Eigen {
  readonly values: readonly number[];
  /** One of length 1 for each value, at right angles to each other. */
  readonly vectors: readonly (readonly number[])[];
}

/** @param matrix symmetric, size × size, row-major */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const decomposed = new EigenvalueDecomposition(squareOf(matrix, size), { assumeSymmetric: true });
  const vectors = decomposed.eigenvectorMatrix.transpose().to2DArray();
  return { values: decomposed.realEigenvalues, vectors };
}

/**
 * The solution of `matrix · x = right`.
 *
 * @param matrix symmetric and positive definite, row-major
 */
export function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array {
  const decomposed = new CholeskyDecomposition(squareOf(matrix, right.length));
  return Float64Array.from(decomposed.solve(Matrix.columnVector([...right])).to1DArray());
}

function squareOf(values: Float64Array, size: number): Matrix {
  return Matrix.from1DArray(size, size, [...values]);
}

/** `Σ (x − mean)(x − mean)ᵀ` over rows. @returns width × width, row-major */
export function scatter(
  rows: Iterable<{ readonly values: ArrayLike<number>; readonly mean: readonly number[] }>,
  width: number,
): Float64Array {
  const sums = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (const { values, mean } of rows) {
    for (let i = 0; i < width; i++) centred[i] = values[i] - mean[i];
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) sums[i * width + j] += centred[i] * centred[j];
    }
  }
  return sums;
}
