import type { z } from 'zod';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';

/** Numbers that are known of samples. */
export interface Columns {
  readonly rows: number;
  readonly width: number;
  /** rows × width, row-major. */
  readonly data: Float64Array;
}

/** What is to be told apart: each of several labels from its absence, or each of several classes from the others. */
export interface Targets {
  /** Of each label or class, 0 or 1 a row; each is there and absent somewhere. Of classes one holds in every row. */
  readonly columns: readonly Uint8Array[];
  /** `labels` are answered one by one; `classes`, three or more, share a probability of 1. */
  readonly kind: 'labels' | 'classes';
}

/** What learns to tell labels or classes apart from columns of numbers. */
export interface Classifier<Model> {
  /** What it learnt, as plain data. */
  readonly model: z.ZodType<Model>;
  /**
   * `standardized` columns have mean 0 and deviation 1 where it was fitted; `raw` ones are as the members give them, in
   * float32, for what goes by their order alone.
   */
  readonly columns: 'standardized' | 'raw';
  /** Samples that a label or class has to be in, and a label absent from. */
  readonly least: number;
  /** @throws UserError where the columns do not do for it */
  fit(columns: Columns, targets: Targets, seed: number): Model;
  /** @returns rows × targets, row-major, in 0–1 */
  probabilities(columns: Columns, model: Model): Float64Array;
  /** Of each row the least distance of a column from where the answer jumps. Without it: it never does. */
  clearances?(columns: Columns, model: Model): number[];
  /**
   * Writes `probabilities` into a graph.
   *
   * @param columns the value that holds them: standardised ones float64, raw ones float32, [N, width]
   * @returns the value of the probabilities, float64 [N, targets]
   */
  toOnnx(graph: NodeWriter, columns: string, model: Model): string;
}

/** The row that holds in each sample: the index of its class. */
export function classOf({ columns }: Targets): Uint16Array {
  return Uint16Array.from(columns[0], (_, row) => columns.findIndex((column) => column[row] === 1));
}

/** One row of columns, as a view. */
export function rowOf({ data, width }: Columns, row: number): Float64Array {
  return data.subarray(row * width, (row + 1) * width);
}

/** The given rows alone. */
export function rowsOf(columns: Columns, rows: readonly number[]): Columns {
  const data = new Float64Array(rows.length * columns.width);
  rows.forEach((row, i) => {
    data.set(rowOf(columns, row), i * columns.width);
  });
  return { rows: rows.length, width: columns.width, data };
}
