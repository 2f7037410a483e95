import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { type Combiner, combinerOf, requireSameLabels } from './combiner.ts';

/** The largest probability that a member gives: one that is sure is enough. */
export const maximum = defineKind({
  kind: 'maximum',
  title: 'the largest probability of a member',
  options: () => z.strictObject({}),
  make: (): Combiner =>
    combinerOf({
      rule: 'decided by the largest of the systems’ probabilities',
      learns: false,
      state: z.strictObject({}),
      check: requireSameLabels,
      fit: () => ({}),
      combination: ([{ labels }]) => ({
        labels,
        weights: null,
        notices: [],
        apply: largest,
        clearances: ([first]) => Array<number>(first.length / labels.length).fill(Number.POSITIVE_INFINITY),
        toOnnx(graph, values, output) {
          graph.add('Max', output, values);
        },
      }),
    }),
});

/** @param answers of each member, all of one length @returns the largest of each place */
export function largest(answers: readonly Float32Array[]): Float32Array {
  return Float32Array.from(answers[0], (_, i) => Math.max(...answers.map((all) => all[i])));
}
