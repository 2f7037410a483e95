import type { z } from 'zod';
import { UserError, usageError } from '../../src/core/errors.ts';
import { schemaFault } from '../../src/core/schema-fault.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';

/** Who takes part in a combination. */
export interface CombinerMember {
  /** What messages call it. */
  readonly name: string;
  /** What it answers, in order. */
  readonly labels: readonly string[];
  /** On the split that it was validated on, 0–1; null where that is not known. */
  readonly f1: number | null;
}

/** What is true of the samples that a combiner learns from. */
export interface Truth {
  readonly labels: readonly string[];
  /** Of single-label truth, exactly one label a sample holds. */
  readonly task: 'multi-label' | 'single-label';
  /** samples × labels, row-major, 0 or 1. */
  readonly values: Uint8Array;
}

/** What a combiner learns from: samples that no member was trained on. */
export interface FittingSamples {
  /** Of each member, samples × its labels, row-major, in 0–1. */
  readonly answers: readonly Float32Array[];
  readonly truth: Truth;
  /** Of what is drawn by lot. */
  readonly seed: number;
}

/** One answer made of several: a combiner with all its numbers in place. */
export interface Combination {
  /** What is answered, in order. */
  readonly labels: readonly string[];
  /** All its numbers as plain data, from which `Combiner.read` makes it again. */
  readonly state: unknown;
  /** What each member counts for, where that is a number; they sum to 1. */
  readonly weights: readonly number[] | null;
  /** Labels that are answered without looking, and why: one line each. */
  readonly notices: readonly string[];
  /**
   * @param answers of each member, samples × its labels, row-major, in 0–1
   * @returns samples × labels, row-major, in 0–1
   */
  apply(answers: readonly Float32Array[]): Float32Array;
  /**
   * For each sample the least distance of a member's probability from where the answer jumps, ≥ 0: nearer than a
   * runtime's rounding, two runtimes may answer differently. Infinity where it never jumps.
   */
  clearances(answers: readonly Float32Array[]): number[];
  /**
   * Writes the same as `apply` into a graph.
   *
   * @param values the members' probabilities there, float32 [N, labels]
   * @param output how the answer is to be called, float32 [N, labels]
   */
  toOnnx(graph: NodeWriter, values: readonly string[], output: string): void;
}

/** A way of making one answer of several. */
export interface Combiner {
  /** How labels are decided, in words that follow "each". */
  readonly rule: string;
  /** Whether it has to be fitted on samples. */
  readonly learns: boolean;
  /** Asked before any work. @throws UserError where the members cannot be combined in this way */
  check(members: readonly CombinerMember[]): void;
  /** @param samples needed where it learns */
  fit(members: readonly CombinerMember[], samples?: FittingSamples): Combination;
  /** A combination whose state was kept. @throws UserError where that is none, or one for other members */
  read(members: readonly CombinerMember[], state: unknown): Combination;
}

interface Definition<State> {
  readonly rule: string;
  readonly learns: boolean;
  readonly state: z.ZodType<State>;
  check(members: readonly CombinerMember[]): void;
  fit(members: readonly CombinerMember[], samples: FittingSamples | undefined): State;
  combination(members: readonly CombinerMember[], state: State): Omit<Combination, 'state'>;
}

/** A combiner of which only its own file knows what its state looks like. */
export function combinerOf<State>(definition: Definition<State>): Combiner {
  const { rule, learns, state: schema } = definition;
  const check = (members: readonly CombinerMember[]) => {
    requireSeveral(members);
    definition.check(members);
  };
  return {
    rule,
    learns,
    check,
    fit(members, samples) {
      check(members);
      const state = definition.fit(members, samples);
      return { ...definition.combination(members, state), state };
    },
    read(members, given) {
      check(members);
      const parsed = schema.safeParse(given);
      if (!parsed.success) {
        throw new UserError('what a combiner learnt must be as it was written', {
          received: schemaFault(parsed.error, schema),
          remedy: 'fit it again',
        });
      }
      return { ...definition.combination(members, parsed.data), state: parsed.data };
    },
  };
}

function requireSeveral(members: readonly CombinerMember[]): void {
  if (members.length > 1) return;
  throw usageError('an ensemble takes two bundles or more', {
    received: members.map(({ name }) => name).join() || 'none',
  });
}

/** @throws UserError (exit 2) naming the first member with other labels than the first */
export function requireSameLabels(members: readonly CombinerMember[]): void {
  const [first] = members;
  const other = members.find(
    ({ labels }) =>
      labels.length !== first.labels.length || labels.some((name, i) => name !== first.labels[i]),
  );
  if (!other) return;
  throw usageError('members of an ensemble must have the same labels in the same order', {
    received: `other labels for ${other.name} than for ${first.name}`,
    remedy: 'combine them by one that learns, such as lda, which takes any',
  });
}
