import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { type Columns, rowOf } from './classifier.ts';
import { type Tree, treeClearance } from './tree.ts';

/** A tree whose leaves answer `targets`, by index, in the order of their values. */
export interface PlacedTree {
  readonly nodes: Tree;
  readonly targets: readonly number[];
}

/**
 * Trees as one node of ONNX's operators for machine learning, which adds their answers up.
 *
 * @param columns float32 [N, width]
 * @param start what each target begins with
 * @returns the value of the sums, float64 [N, targets]
 */
export function treesInOnnx(
  graph: NodeWriter,
  columns: string,
  trees: readonly PlacedTree[],
  start: readonly number[],
): string {
  const nodes = trees.flatMap((one, treeId) => one.nodes.map((node, nodeId) => ({ node, treeId, nodeId })));
  const questions = nodes.map(({ node }) =>
    'column' in node ? node : { column: 0, threshold: 0, below: 0, above: 0 },
  );
  const leaves = nodes.flatMap(({ node, treeId, nodeId }) =>
    'column' in node
      ? []
      : node.values.map((weight, i) => ({ weight, treeId, nodeId, target: trees[treeId].targets[i] })),
  );
  const sums = graph.add(
    'TreeEnsembleRegressor',
    'combine.trees',
    [columns],
    {
      n_targets: start.length,
      aggregate_function: 'SUM',
      post_transform: 'NONE',
      base_values: { floats: start },
      nodes_treeids: nodes.map(({ treeId }) => treeId),
      nodes_nodeids: nodes.map(({ nodeId }) => nodeId),
      nodes_modes: { strings: nodes.map(({ node }) => ('column' in node ? 'BRANCH_LEQ' : 'LEAF')) },
      nodes_featureids: questions.map(({ column }) => column),
      nodes_values: { floats: questions.map(({ threshold }) => threshold) },
      nodes_truenodeids: questions.map(({ below }) => below),
      nodes_falsenodeids: questions.map(({ above }) => above),
      target_treeids: leaves.map(({ treeId }) => treeId),
      target_nodeids: leaves.map(({ nodeId }) => nodeId),
      target_ids: leaves.map(({ target }) => target),
      target_weights: { floats: leaves.map(({ weight }) => weight) },
    },
    'ai.onnx.ml',
  );
  return graph.add('Cast', 'combine.treeSums', [sums], { to: 11 });
}

/** Of each row the least distance from a threshold that a tree asks it about. */
export function treeClearances(columns: Columns, trees: readonly Tree[]): number[] {
  return Array.from({ length: columns.rows }, (_, row) =>
    trees.reduce(
      (least, nodes) => Math.min(least, treeClearance(nodes, rowOf(columns, row))),
      Number.POSITIVE_INFINITY,
    ),
  );
}
