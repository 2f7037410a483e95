import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type Classifier, rowOf } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { stackOf } from './stack.ts';
import { growTree, sortedColumns, type TreeSettings, tree, treeValues } from './tree.ts';
import { treeClearances, treesInOnnx } from './tree-ensemble.ts';

const model = z.strictObject({
  /** How many labels or classes there are. */
  targets: z.int().positive(),
  /** One a label, or one whose leaves have a share for every class. */
  trees: z.array(tree).min(1),
});
type Model = z.infer<typeof model>;

/** A decision tree a label, or one for all classes: shares of the samples in a leaf. As scikit-learn's DecisionTreeClassifier. */
export const decisionTree = defineKind({
  kind: 'decision-tree',
  title: 'stacking: a decision tree of the outputs, split by Gini impurity',
  options: () =>
    z.strictObject({
      /** Questions on the way to a leaf, at most. */
      depth: z.int().positive().default(4),
      /** Samples in a leaf, at least. */
      leaf: z.int().positive().default(5),
    }),
  make: (settings): Combiner => stackOf('a decision tree', classifier(settings)),
});

function classifier(settings: TreeSettings): Classifier<Model> {
  return {
    model,
    columns: 'raw',
    least: 1,
    fit(columns, { kind, columns: truths }) {
      const sorted = sortedColumns(columns);
      const asked = kind === 'classes' ? [truths] : truths.map((truth) => [truth]);
      return { targets: truths.length, trees: asked.map((own) => growTree(sorted, own, settings).nodes) };
    },
    probabilities(columns, { targets, trees }) {
      const probabilities = new Float64Array(columns.rows * targets);
      for (let row = 0; row < columns.rows; row++) {
        const own = rowOf(columns, row);
        probabilities.set(
          trees.flatMap((nodes) => treeValues(nodes, own)),
          row * targets,
        );
      }
      return probabilities;
    },
    clearances: (columns, { trees }) => treeClearances(columns, trees),
    toOnnx(graph, columns, { targets, trees }) {
      const all = Array.from({ length: targets }, (_, target) => target);
      const placed = trees.map((nodes, i) => ({ nodes, targets: trees.length === 1 ? all : [i] }));
      return treesInOnnx(graph, columns, placed, Array<number>(targets).fill(0));
    },
  };
}
