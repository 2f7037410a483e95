import { z } from 'zod';
import { usageError } from '../../src/core/errors.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { voteAverageWeights } from '../ensemble.ts';
import { validationWeights } from '../validation-weights.ts';
import { type Combiner, type CombinerMember, combinerOf, requireSameLabels } from './combiner.ts';

/** What members count for: their validation F1, the same each, or numbers of one's own. */
export const weighing = z.union([z.enum(['f1', 'equal']), z.array(z.number().nonnegative()).min(2)]);
export type Weighing = z.infer<typeof weighing>;

/**
 * What each member counts for.
 *
 * @returns one a member, in 0–1, with the sum 1
 * @throws UserError for a member of no known F1, or another number of weights than members
 */
export function memberWeights(members: readonly CombinerMember[], by: Weighing): number[] {
  if (by === 'equal') return voteAverageWeights(members.map(() => 1));
  if (by !== 'f1') {
    if (by.length === members.length) return voteAverageWeights(by);
    throw usageError('weights must be one a member', {
      received: `${by.length} for ${members.length} members`,
    });
  }
  const systems = members.map(({ name, labels, f1 }) => ({ name, labels: labels.join('\n'), f1 }));
  const { weights, fault } = validationWeights(
    systems,
    'export a run that was validated, or give other weights',
  );
  if (fault) throw fault;
  return [...weights];
}

interface Weighted {
  readonly rule: string;
  readonly weights: Weighing;
  /** Where votes are cast; null where none are. */
  readonly threshold: number | null;
  readonly apply: (answers: readonly Float32Array[], weights: readonly number[]) => Float32Array;
  /** Writes it as nodes: see `Combination.toOnnx`. */
  readonly toOnnx: (
    graph: NodeWriter,
    values: readonly string[],
    weights: readonly number[],
    output: string,
  ) => void;
}

const state = z.strictObject({ weights: z.array(z.number().nonnegative()).min(2) });

/** A combiner that is a rule over weights, one a member, and learns nothing. */
export function weightedCombiner({ rule, weights: by, threshold, apply, toOnnx }: Weighted): Combiner {
  return combinerOf({
    rule,
    learns: false,
    state,
    check(members) {
      requireSameLabels(members);
      memberWeights(members, by);
    },
    fit: (members) => ({ weights: memberWeights(members, by) }),
    combination(members, { weights }) {
      const shares = memberWeights(members, weights);
      return {
        labels: members[0].labels,
        weights: shares,
        notices: [],
        apply: (answers) => apply(answers, shares),
        clearances: (answers) => distances(answers, threshold, members[0].labels.length),
        toOnnx: (graph, values, output) => toOnnx(graph, values, shares, output),
      };
    },
  });
}

/** For each sample the least distance of a probability from a threshold. */
function distances(answers: readonly Float32Array[], threshold: number | null, labels: number): number[] {
  return Array.from({ length: answers[0].length / labels }, (_, sample) => {
    if (threshold === null) return Number.POSITIVE_INFINITY;
    const own = answers.flatMap((all) => [...all.subarray(sample * labels, (sample + 1) * labels)]);
    return Math.min(...own.map((probability) => Math.abs(probability - threshold)));
  });
}
