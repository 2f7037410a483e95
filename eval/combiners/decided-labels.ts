import { z } from 'zod';
import { UserError } from '../../src/core/errors.ts';
import type { Targets } from './classifier.ts';
import type { Truth } from './combiner.ts';

/** A label of which the fitting samples teach nothing: it is answered without looking. */
export const decidedLabel = z.strictObject({
  label: z.string(),
  probability: z.union([z.literal(0), z.literal(1)]),
  /** In how many of the fitting samples it is. */
  occurrences: z.int().nonnegative(),
});
export type DecidedLabel = z.infer<typeof decidedLabel>;

/** @param least samples that a label has to be in, and absent from, to be learnt */
export function decidedLabels({ labels, task, values }: Truth, least: number): DecidedLabel[] {
  const samples = values.length / labels.length;
  return labels.flatMap((label, i): DecidedLabel[] => {
    let occurrences = 0;
    for (let sample = 0; sample < samples; sample++) occurrences += values[sample * labels.length + i];
    if (occurrences < least) return [{ label, probability: 0, occurrences }];
    const absences = samples - occurrences;
    // Of classes, the others are what it is absent from; they are asked themselves.
    const isAlways = task === 'multi-label' ? absences < least : absences === 0;
    return isAlways ? [{ label, probability: 1, occurrences }] : [];
  });
}

/** One line for people. @param samples that were fitted on */
export function noticeOf({ label, probability, occurrences }: DecidedLabel, samples: number): string {
  if (probability === 0) {
    const where = occurrences === 0 ? 'none' : `only ${occurrences}`;
    return `${label} is never answered: it is in ${where} of the ${samples} samples that were fitted on`;
  }
  const absences = samples - occurrences;
  const where = absences === 0 ? 'none' : `only ${absences}`;
  return `${label} is always answered: it is absent from ${where} of the ${samples} samples that were fitted on`;
}

/**
 * What is left to be learnt, and the samples that it is learnt from: of classes, those of one that is.
 *
 * @throws UserError where nothing is left
 */
export function learnable(
  { labels, task, values }: Truth,
  decided: readonly DecidedLabel[],
): { readonly targets: Targets; readonly rows: readonly number[] } {
  const left = openLabels(labels, decided);
  if (left.length === 0) {
    throw new UserError('a combiner needs a label that is in some of the samples and not in others', {
      received: `${values.length / labels.length} samples in which none of ${labels.length} labels is so often enough`,
      remedy: 'fit it on another split',
    });
  }
  const all = Array.from({ length: values.length / labels.length }, (_, row) => row);
  const holds = (row: number, label: number) => values[row * labels.length + label] === 1;
  const rows = task === 'multi-label' ? all : all.filter((row) => left.some((label) => holds(row, label)));
  // Of two classes, one is learnt: the other is what is left of its probability.
  const asked = task === 'single-label' && left.length === 2 ? left.slice(1) : left;
  return {
    rows,
    targets: {
      kind: task === 'single-label' && left.length > 2 ? 'classes' : 'labels',
      columns: asked.map((label) => Uint8Array.from(rows, (row) => (holds(row, label) ? 1 : 0))),
    },
  };
}

/** How what was learnt becomes the answer: times a matrix, plus a row. */
export interface Placement {
  /** learnt × labels, row-major: −1, 0 or 1. */
  readonly matrix: readonly number[];
  readonly row: readonly number[];
  readonly isIdentity: boolean;
}

export function placementOf(
  labels: readonly string[],
  task: Truth['task'],
  decided: readonly DecidedLabel[],
): Placement {
  const left = openLabels(labels, decided);
  const row = labels.map((name) => decided.find(({ label }) => label === name)?.probability ?? 0);
  const isPair = task === 'single-label' && left.length === 2;
  const asked = isPair ? left.slice(1) : left;
  const matrix = asked.flatMap((target) => labels.map((_, label): number => (label === target ? 1 : 0)));
  if (isPair) {
    matrix[left[0]] = -1;
    return { matrix, row: row.map((value, label) => (label === left[0] ? 1 : value)), isIdentity: false };
  }
  return { matrix, row, isIdentity: decided.length === 0 };
}

function openLabels(labels: readonly string[], decided: readonly DecidedLabel[]): number[] {
  const names = new Set(decided.map(({ label }) => label));
  return labels.flatMap((label, i) => (names.has(label) ? [] : [i]));
}
