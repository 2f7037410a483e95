import { sha256 } from './hash.ts';

/** An ordered set of labels: class index → name (and the data set's own code). */
export interface LabelSet {
  readonly names: readonly string[];
  readonly codes: readonly number[];
}

/** Labels that answer one question: some of them hold for a sample (multi-label), or exactly one (single-label). */
export interface LabelSpace extends LabelSet {
  /** Unique among all data sets: "a2d", "a2d-actors". */
  readonly name: string;
  readonly task: 'multi-label' | 'single-label';
  /**
   * Where the labels are unions of another space's: a label holds where one of these does, by their indices there.
   */
  readonly of?: { readonly space: string; readonly parts: readonly (readonly number[])[] };
}

/** A2D's actors; an actor's number is its index + 1. */
export const a2dActors = ['adult', 'baby', 'ball', 'bird', 'car', 'cat', 'dog'] as const;

/** A2D's actions; an action's number is its index + 1. */
export const a2dActions = [
  'climbing',
  'crawling',
  'eating',
  'flying',
  'jumping',
  'rolling',
  'running',
  'walking',
  'none',
] as const;

export type A2dActor = (typeof a2dActors)[number];
export type A2dAction = (typeof a2dActions)[number];

/** The 43 valid codes, 10·actor + action, in class-index order (Xu et al. 2015; the challenge's loader). */
const a2dCodes = [
  11, 12, 13, 15, 16, 17, 18, 19, 21, 22, 26, 28, 29, 34, 35, 36, 39, 41, 43, 44, 45, 46, 48, 49, 54, 55, 56,
  57, 59, 61, 63, 65, 66, 67, 68, 69, 72, 73, 75, 76, 77, 78, 79,
] as const;

/** The actor and action that a code stands for. */
export function actorAction(code: number): { actor: A2dActor; action: A2dAction } {
  return { actor: a2dActors[Math.floor(code / 10) - 1], action: a2dActions[(code % 10) - 1] };
}

/** The 43 valid actor-action labels of A2D, named `actor-action`. */
export const a2dLabels: LabelSpace = {
  name: 'a2d',
  task: 'multi-label',
  codes: a2dCodes,
  names: a2dCodes.map((code) => `${actorAction(code).actor}-${actorAction(code).action}`),
};

/** Who acts, and what is done: the two marginals of A2D's labels. */
export const a2dActorLabels = marginal('a2d-actors', a2dActors, (code) => actorAction(code).actor);
export const a2dActionLabels = marginal('a2d-actions', a2dActions, (code) => actorAction(code).action);

function marginal<Name extends string>(
  name: string,
  names: readonly Name[],
  nameOf: (code: number) => Name,
): LabelSpace {
  const parts = names.map((label) => a2dCodes.flatMap((code, i) => (nameOf(code) === label ? [i] : [])));
  return { name, task: 'multi-label', names, codes: names.map((_, i) => i + 1), of: { space: 'a2d', parts } };
}

/**
 * The truth of a space of unions.
 *
 * @param truth multi-hot of the space that it is of, samples × labels, row-major
 * @param width how many labels that has
 */
export function unionTruth(truth: Uint8Array, width: number, { of, names }: LabelSpace): Uint8Array {
  if (!of) throw new Error('only a space of unions follows from another');
  const samples = truth.length / width;
  const derived = new Uint8Array(samples * names.length);
  for (let sample = 0; sample < samples; sample++) {
    of.parts.forEach((parts, label) => {
      const holds = parts.some((part) => truth[sample * width + part] === 1);
      derived[sample * names.length + label] = holds ? 1 : 0;
    });
  }
  return derived;
}

/** Identifies a label set: the sha256 of its names, one a line. Order matters. */
export function labelSetHash(labels: { readonly names: readonly string[] }): Promise<string> {
  return sha256(labels.names.join('\n'));
}

/** The multi-hot row of the label set's codes that occur; codes outside the set are ignored. */
export function multiHot(codes: Iterable<number>, labels: LabelSet): Uint8Array {
  const present = new Set(codes);
  return Uint8Array.from(labels.codes, (code) => (present.has(code) ? 1 : 0));
}
