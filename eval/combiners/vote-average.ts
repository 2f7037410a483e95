import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { voteAverage } from '../ensemble.ts';
import type { Combiner } from './combiner.ts';
import { ballots, voteThreshold } from './vote.ts';
import { weighing, weightedCombiner } from './weights.ts';

/** The rule of the challenge's winning team (papers/001, section 5): see eval/ensemble.ts. */
export const voteAverageKind = defineKind({
  kind: 'vote-average',
  title: 'half the weighted votes, half the weighted mean probability',
  options: () => z.strictObject({ weights: weighing.default('f1'), threshold: voteThreshold }),
  make: ({ weights, threshold }): Combiner =>
    weightedCombiner({
      rule: 'decided by half the weighted votes and half the weighted mean of the systems’ probabilities',
      weights,
      threshold,
      apply: (answers, shares) => voteAverage(answers, shares, threshold),
      toOnnx(graph, values, shares, output) {
        const votes = ballots(graph, values, threshold);
        const parts = values.map((value, i) => {
          const both = graph.add('Add', `combine.both_${i}`, [votes[i], value]);
          const half = graph.floats(`combine.half_${i}`, [1], () => Float32Array.of(shares[i] / 2), {
            learnt: false,
          });
          return graph.add('Mul', `combine.part_${i}`, [both, half]);
        });
        graph.add('Sum', output, parts);
      },
    }),
});
