import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import type { Combiner } from './combiner.ts';
import { weightedMean, weightedSum } from './mean.ts';
import { weighing, weightedCombiner } from './weights.ts';

/** From which probability on a member votes for a label. */
export const voteThreshold = z.number().gt(0).lt(1).default(0.5);

/** The weights of the members that hold a label for present: half of them decide. */
export const vote = defineKind({
  kind: 'vote',
  title: 'the weighted votes: half of them decide',
  options: () => z.strictObject({ weights: weighing.default('f1'), threshold: voteThreshold }),
  make: ({ weights, threshold }): Combiner =>
    weightedCombiner({
      rule: 'decided by the weighted votes of the systems',
      weights,
      threshold,
      apply: (answers, shares) => weightedVotes(answers, shares, threshold),
      toOnnx: (graph, values, shares, output) =>
        weightedSum(graph, ballots(graph, values, threshold), shares, output),
    }),
});

/**
 * @param answers of each member, all of one length
 * @param weights one a member; they sum to 1
 * @returns the weights of those that vote for it, of the same length
 */
export function weightedVotes(
  answers: readonly Float32Array[],
  weights: readonly number[],
  threshold = 0.5,
): Float32Array {
  const votes = answers.map((all) => all.map((probability) => (probability >= threshold ? 1 : 0)));
  return weightedMean(votes, weights);
}

/** Votes in a graph: 1 where a probability reaches the threshold, in float32 as it is. */
export function ballots(graph: NodeWriter, values: readonly string[], threshold: number): string[] {
  const least = graph.floats('combine.threshold', [1], () => Float32Array.of(atLeast(threshold)), {
    learnt: false,
  });
  return values.map((value, i) => {
    const reached = graph.add('GreaterOrEqual', `combine.reached_${i}`, [value, least]);
    return graph.add('Cast', `combine.vote_${i}`, [reached], { to: 1 });
  });
}

/** The least float32 that is not below a number: float32 values reach both or neither. */
function atLeast(threshold: number): number {
  const rounded = Math.fround(threshold);
  if (rounded >= threshold) return rounded;
  const bits = new Int32Array(Float32Array.of(rounded).buffer);
  bits[0]++;
  return new Float32Array(bits.buffer)[0];
}
