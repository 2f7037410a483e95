import { type Columns, classOf, rowOf, type Targets } from './classifier.ts';

/** What is known of the samples of one class. */
export interface ClassSamples {
  /** Of the samples, 0–1. */
  readonly share: number;
  readonly mean: readonly number[];
  readonly rows: readonly Float64Array[];
}

/** For each target the classes that are told apart: absence and presence of a label, or all classes at once. */
export function questionsOf(columns: Columns, targets: Targets): ClassSamples[][] {
  if (targets.kind === 'classes') return [classesOf(columns, classOf(targets), targets.columns.length)];
  return targets.columns.map((column) => classesOf(columns, column, 2));
}

function classesOf(columns: Columns, answers: ArrayLike<number>, classes: number): ClassSamples[] {
  return Array.from({ length: classes }, (_, k) => {
    const rows: Float64Array[] = [];
    for (let row = 0; row < columns.rows; row++) if (answers[row] === k) rows.push(rowOf(columns, row));
    const mean = Array.from(
      { length: columns.width },
      (_, i) => rows.reduce((sum, values) => sum + values[i], 0) / rows.length,
    );
    return { share: rows.length / columns.rows, mean, rows };
  });
}
