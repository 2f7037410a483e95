import { sha256 } from './hash.ts';

/** An ordered set of labels: class index → name (and the data set's own code). */
export interface LabelSet {
  readonly names: readonly string[];
  readonly codes: readonly number[];
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
export const a2dLabels: LabelSet = {
  codes: a2dCodes,
  names: a2dCodes.map((code) => `${actorAction(code).actor}-${actorAction(code).action}`),
};

/** Identifies a label set: the sha256 of its names, one a line. Order matters. */
export function labelSetHash(labels: { readonly names: readonly string[] }): Promise<string> {
  return sha256(labels.names.join('\n'));
}

/** The multi-hot row of the label set's codes that occur; codes outside the set are ignored. */
export function multiHot(codes: Iterable<number>, labels: LabelSet): Uint8Array {
  const present = new Set(codes);
  return Uint8Array.from(labels.codes, (code) => (present.has(code) ? 1 : 0));
}
