/** Every combiner. To add one: a file here, a line in the list. */
import { Kinds } from '../../src/core/kind.ts';
import { boostedTrees } from './boosted-trees.ts';
import type { Combiner } from './combiner.ts';
import { decisionTree } from './decision-tree.ts';
import { lda } from './lda.ts';
import { logisticRegression } from './logistic-regression.ts';
import { maximum } from './maximum.ts';
import { mean } from './mean.ts';
import { naiveBayes } from './naive-bayes.ts';
import { qda } from './qda.ts';
import { svm } from './svm.ts';
import { vote } from './vote.ts';
import { voteAverageKind } from './vote-average.ts';

export const combiners = new Kinds<Combiner>('combiner', [
  ...[voteAverageKind, mean, vote, maximum],
  ...[logisticRegression, lda, qda, svm, decisionTree, naiveBayes, boostedTrees],
]);
