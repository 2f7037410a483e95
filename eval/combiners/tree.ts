import { z } from 'zod';
import type { Columns } from './classifier.ts';

/** A question about a column, or what a leaf answers. Indices are of the tree's list of nodes, whose first is the root. */
const node = z.union([
  z.strictObject({
    column: z.int().nonnegative(),
    /** A float32: values up to it go below. */
    threshold: z.number(),
    below: z.int().positive(),
    above: z.int().positive(),
  }),
  z.strictObject({ values: z.array(z.number()).min(1) }),
]);
export type TreeNode = z.infer<typeof node>;

export const tree = z.array(node).min(1);
export type Tree = z.infer<typeof tree>;

export interface TreeSettings {
  /** Questions on the way to a leaf, at most. */
  readonly depth: number;
  /** Samples in a leaf, at least. */
  readonly leaf: number;
}

/** Columns, and the order of the rows by each: sorted once for all trees. */
export interface SortedColumns {
  readonly columns: Columns;
  readonly orders: readonly Uint32Array[];
}

export function sortedColumns(columns: Columns): SortedColumns {
  const { rows, width, data } = columns;
  const orders = Array.from({ length: width }, (_, column) =>
    Uint32Array.from({ length: rows }, (_, row) => row).sort(
      (a, b) => data[a * width + column] - data[b * width + column] || a - b,
    ),
  );
  return { columns, orders };
}

/** A tree that was grown, and the leaf that each row came to. */
export interface GrownTree {
  readonly nodes: TreeNode[];
  readonly leafOf: Uint32Array;
}

/**
 * Values closer than this are not told apart: they are probabilities in float32, in whose last digits runtimes differ.
 */
const leastGap = 1e-6;

/** A node that may still be split. */
interface Open {
  readonly index: number;
  readonly count: number;
  readonly sums: number[];
  best: { readonly gain: number; readonly column: number; readonly threshold: number } | null;
}

/**
 * A tree by the CART rule: each question is the one after which squared distances from the means are least. Of targets
 * that are 0 and 1 this is Gini's impurity. Thresholds lie midway between values (Breiman et al. 1984; scikit-learn's
 * trees with splitter 'best'). Of equally good questions the first column's is taken.
 *
 * @param targets columns of numbers, one a row each
 * @returns leaves answer the means of the targets
 */
export function growTree(
  sorted: SortedColumns,
  targets: readonly ArrayLike<number>[],
  { depth, leaf }: TreeSettings,
): GrownTree {
  const { columns } = sorted;
  const nodes: TreeNode[] = [];
  const leafOf = new Uint32Array(columns.rows);
  for (let level = 0, first = 0; ; level++) {
    if (level === 0) nodes.push({ values: [] });
    const opened = nodes.slice(first).map((_, i) => first + i);
    const open = statistics(opened, leafOf, targets);
    opened.forEach((index, i) => {
      nodes[index] = { values: open[i].sums.map((sum) => sum / open[i].count) };
    });
    if (level === depth) break;
    findSplits(
      open.filter((one) => !isPure(one, leafOf, targets)),
      sorted,
      targets,
      { leafOf, leaf },
    );
    first = nodes.length;
    for (const { index, best } of open) {
      if (!best) continue;
      nodes[index] = {
        column: best.column,
        threshold: best.threshold,
        below: nodes.length,
        above: nodes.length + 1,
      };
      nodes.push({ values: [] }, { values: [] });
    }
    if (first === nodes.length) break;
    for (let row = 0; row < columns.rows; row++) {
      const here = nodes[leafOf[row]];
      if ('column' in here) leafOf[row] = next(here, columns.data, row * columns.width);
    }
  }
  return { nodes, leafOf };
}

function statistics(
  indices: readonly number[],
  leafOf: Uint32Array,
  targets: readonly ArrayLike<number>[],
): Open[] {
  const first = indices[0];
  const counts = indices.map(() => 0);
  const sums = indices.map(() => targets.map(() => 0));
  for (let row = 0; row < leafOf.length; row++) {
    const i = leafOf[row] - first;
    if (leafOf[row] < first) continue;
    counts[i]++;
    for (let t = 0; t < targets.length; t++) sums[i][t] += targets[t][row];
  }
  return indices.map((index, i) => ({ index, count: counts[i], sums: sums[i], best: null }));
}

/** Whether there is nothing left to tell apart: every target's variance is rounding. */
function isPure(
  { index, count, sums }: Open,
  leafOf: Uint32Array,
  targets: readonly ArrayLike<number>[],
): boolean {
  return targets.every((target, t) => {
    const mean = sums[t] / count;
    let squares = 0;
    for (let row = 0; row < leafOf.length; row++) {
      if (leafOf[row] === index) squares += (target[row] - mean) ** 2;
    }
    return squares / count <= Number.EPSILON;
  });
}

/** Gives each node its best question, where there is one: each column is gone through once, in order, for all nodes. */
function findSplits(
  open: readonly Open[],
  { columns: { rows, data, width }, orders }: SortedColumns,
  targets: readonly ArrayLike<number>[],
  { leafOf, leaf }: { leafOf: Uint32Array; leaf: number },
): void {
  const places = new Map(open.map(({ index }, place) => [index, place]));
  const placeOf = Int32Array.from({ length: rows }, (_, row) => places.get(leafOf[row]) ?? -1);
  const size = targets.length;
  // What lies below the value that is being looked at, by place.
  const counts = new Int32Array(open.length);
  const sums = new Float64Array(open.length * size);
  const last = new Float64Array(open.length);
  for (let column = 0; column < width; column++) {
    counts.fill(0);
    sums.fill(0);
    for (const row of orders[column]) {
      const place = placeOf[row];
      if (place < 0) continue;
      const value = data[row * width + column];
      const count = counts[place];
      const node = open[place];
      const rest = node.count - count;
      if (count >= leaf && rest >= leaf && value - last[place] > leastGap) {
        let gain = 0;
        for (let t = 0; t < size; t++) {
          const below = sums[place * size + t];
          const above = node.sums[t] - below;
          gain += (below * below) / count + (above * above) / rest;
        }
        if (!node.best || gain > node.best.gain) {
          node.best = { gain, column, threshold: Math.fround((last[place] + value) / 2) };
        }
      }
      counts[place]++;
      for (let t = 0; t < size; t++) sums[place * size + t] += targets[t][row];
      last[place] = value;
    }
  }
}

type Question = Extract<TreeNode, { column: number }>;

function next({ column, threshold, below, above }: Question, data: ArrayLike<number>, first: number): number {
  return data[first + column] <= threshold ? below : above;
}

/** What a tree answers to a row of columns. */
export function treeValues(nodes: Tree, row: ArrayLike<number>): readonly number[] {
  let here = nodes[0];
  while ('column' in here) here = nodes[next(here, row, 0)];
  return here.values;
}

/** The least distance of a row's values from a threshold that they were asked about. */
export function treeClearance(nodes: Tree, row: ArrayLike<number>): number {
  let least = Number.POSITIVE_INFINITY;
  let here = nodes[0];
  while ('column' in here) {
    least = Math.min(least, Math.abs(row[here.column] - here.threshold));
    here = nodes[next(here, row, 0)];
  }
  return least;
}
