import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type Classifier, rowOf, type Targets } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { linkInOnnx, probabilitiesOf, sigmoid, softmax } from './linear-scores.ts';
import { stackOf } from './stack.ts';
import { growTree, type SortedColumns, sortedColumns, type TreeSettings, tree, treeValues } from './tree.ts';
import { treeClearances, treesInOnnx } from './tree-ensemble.ts';

const model = z.strictObject({
  kind: z.enum(['labels', 'classes']),
  /** The score of each label or class before any tree. */
  start: z.array(z.number()).min(1),
  /** Of each label or class; their leaves have one value, what they add to its score. */
  trees: z.array(z.array(tree)),
});
type Model = z.infer<typeof model>;

interface Settings extends TreeSettings {
  readonly trees: number;
  readonly rate: number;
}

/** Gradient boosting on the log loss (Friedman 2001), as scikit-learn's GradientBoostingClassifier. */
export const boostedTrees = defineKind({
  kind: 'boosted-trees',
  title: 'stacking: gradient-boosted trees of the outputs, on the log loss',
  options: () =>
    z.strictObject({
      /** One after another, for each label or class. */
      trees: z.int().positive().default(50),
      /** What each tree counts for. */
      rate: z.number().positive().default(0.1),
      depth: z.int().positive().default(3),
      leaf: z.int().positive().default(5),
    }),
  make: (settings): Combiner => stackOf('gradient-boosted trees', classifier(settings)),
});

function classifier(settings: Settings): Classifier<Model> {
  return {
    model,
    columns: 'raw',
    least: 1,
    fit(columns, targets) {
      const sorted = sortedColumns(columns);
      const { kind } = targets;
      if (kind === 'classes') return { kind, ...boosted(sorted, targets, settings) };
      const each = targets.columns.map((column) => boosted(sorted, { kind, columns: [column] }, settings));
      return { kind, start: each.flatMap(({ start }) => start), trees: each.flatMap(({ trees }) => trees) };
    },
    probabilities: (columns, { kind, start, trees }) =>
      probabilitiesOf(columns, start.length, kind, (row, target) =>
        trees[target].reduce((score, nodes) => score + treeValues(nodes, row)[0], start[target]),
      ),
    clearances: (columns, { trees }) => treeClearances(columns, trees.flat()),
    toOnnx(graph, columns, { kind, start, trees }) {
      const placed = trees.flatMap((own, target) => own.map((nodes) => ({ nodes, targets: [target] })));
      return linkInOnnx(graph, treesInOnnx(graph, columns, placed, start), kind);
    },
  };
}

/** Trees of one label, or of all classes in turn. */
function boosted(
  sorted: SortedColumns,
  { kind, columns: truths }: Targets,
  settings: Settings,
): Omit<Model, 'kind'> {
  const { rows } = sorted.columns;
  const link = (scores: number[]) => (kind === 'labels' ? scores.map(sigmoid) : softmax(scores));
  const start = truths.map((truth) => {
    const share = truth.reduce((sum, value) => sum + value, 0) / rows;
    return kind === 'labels' ? Math.log(share / (1 - share)) : Math.log(share);
  });
  const scores = truths.map((_, target) => new Float64Array(rows).fill(start[target]));
  const trees: Model['trees'] = truths.map(() => []);
  // Classes share what a tree is off by: Friedman's factor.
  const factor = kind === 'labels' ? 1 : (truths.length - 1) / truths.length;
  for (let round = 0; round < settings.trees; round++) {
    const probabilities = truths.map(() => new Float64Array(rows));
    for (let row = 0; row < rows; row++) {
      link(scores.map((own) => own[row])).forEach((probability, target) => {
        probabilities[target][row] = probability;
      });
    }
    truths.forEach((truth, target) => {
      const nodes = stepTree(sorted, truth, probabilities[target], settings, factor);
      trees[target].push(nodes);
      for (let row = 0; row < rows; row++) {
        scores[target][row] += treeValues(nodes, rowOf(sorted.columns, row))[0];
      }
    });
  }
  return { start, trees };
}

/** A tree grown on what is off, whose leaves make one step of Newton's method each. */
function stepTree(
  sorted: SortedColumns,
  truth: Uint8Array,
  probabilities: Float64Array,
  settings: Settings,
  factor: number,
): Model['trees'][number][number] {
  const residuals = probabilities.map((probability, row) => truth[row] - probability);
  const { nodes, leafOf } = growTree(sorted, [residuals], settings);
  const slopes = new Float64Array(nodes.length);
  const curvatures = new Float64Array(nodes.length);
  leafOf.forEach((leaf, row) => {
    slopes[leaf] += residuals[row];
    curvatures[leaf] += probabilities[row] * (1 - probabilities[row]);
  });
  return nodes.map((node, i) => {
    if ('column' in node) return node;
    // Where every probability is 0 or 1 there is nothing to be gained.
    const step = curvatures[i] < 1e-150 ? 0 : slopes[i] / curvatures[i];
    return { values: [settings.rate * factor * step] };
  });
}
