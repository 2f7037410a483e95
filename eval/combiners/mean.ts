import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import type { Combiner } from './combiner.ts';
import { weighing, weightedCombiner } from './weights.ts';

/** The weighted mean of the members' probabilities. */
export const mean = defineKind({
  kind: 'mean',
  title: 'the weighted mean probability',
  options: () => z.strictObject({ weights: weighing.default('f1') }),
  make: ({ weights }): Combiner =>
    weightedCombiner({
      rule: 'decided by the weighted mean of the systems’ probabilities',
      weights,
      threshold: null,
      apply: weightedMean,
      toOnnx: weightedSum,
    }),
});

/**
 * @param answers of each member, all of one length
 * @param weights one a member; they sum to 1
 * @returns the weighted mean, of the same length
 */
export function weightedMean(answers: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return Float32Array.from(answers[0], (_, i) =>
    answers.reduce((sum, probabilities, k) => sum + weights[k] * probabilities[i], 0),
  );
}

/** The same in a graph. */
export function weightedSum(
  graph: NodeWriter,
  values: readonly string[],
  weights: readonly number[],
  output: string,
): void {
  const parts = values.map((value, i) => {
    const weight = graph.floats(`combine.weight_${i}`, [1], () => Float32Array.of(weights[i]), {
      learnt: false,
    });
    return graph.add('Mul', `combine.part_${i}`, [value, weight]);
  });
  graph.add('Sum', output, parts);
}
