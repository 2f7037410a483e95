import { z } from 'zod';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import type { Columns } from './classifier.ts';

/** What makes columns comparable: each less its mean, times its scale. */
export const standardization = z.strictObject({
  mean: z.array(z.number()),
  /** One over the deviation; 0 for a column that did not vary. */
  scale: z.array(z.number().nonnegative()),
});
export type Standardization = z.infer<typeof standardization>;

/** Means and deviations (over n, not n − 1) of columns, as scikit-learn's StandardScaler takes them. */
export function standardizationOf({ rows, width, data }: Columns): Standardization {
  const mean: number[] = [];
  const scale: number[] = [];
  for (let column = 0; column < width; column++) {
    const values = Array.from({ length: rows }, (_, row) => data[row * width + column]);
    const middle = values.reduce((sum, value) => sum + value, 0) / rows;
    const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / rows;
    // What rounding alone can make of equal values (scikit-learn's bound).
    const noise = rows * Number.EPSILON;
    const isConstant = variance <= noise * variance + (noise * middle) ** 2;
    mean.push(middle);
    scale.push(isConstant ? 0 : 1 / Math.sqrt(variance));
  }
  return { mean, scale };
}

export function standardized({ rows, width, data }: Columns, { mean, scale }: Standardization): Columns {
  return {
    rows,
    width,
    data: data.map((value, i) => (value - mean[i % width]) * scale[i % width]),
  };
}

/** The same in a graph. @param columns float32 [N, width] @returns the value that holds them, float64 */
export function standardizedInOnnx(
  graph: NodeWriter,
  columns: string,
  { mean, scale }: Standardization,
): string {
  const wide = graph.add('Cast', 'combine.wide', [columns], { to: 11 });
  const middle = graph.doubles('combine.mean', [mean.length], mean);
  const centred = graph.add('Sub', 'combine.centred', [wide, middle]);
  const factor = graph.doubles('combine.scale', [scale.length], scale);
  return graph.add('Mul', 'combine.standardized', [centred, factor]);
}
