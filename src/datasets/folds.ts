import { usageError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { type Dataset, groupOf, type Sample } from './dataset.ts';

/** One of several ways to part samples: into those to learn from, and those that are held out. */
export interface Fold {
  readonly training: Sample[];
  readonly held: Sample[];
}

export interface FoldOptions {
  /** Which fold is held out, from 0. */
  readonly index: number;
  /** How many folds there are: over all of them each sample is held out once. */
  readonly of: number;
  /** The same seed deals the same samples the same way. */
  readonly seed: number;
}

/**
 * Parts samples into those of a fold, which are held out, and the others, each in the order given. What shares a group
 * is on one side. Folds are as large as groups allow; where each sample has one label, they have it in the same
 * proportion, to within one sample where groups are single (as scikit-learn's StratifiedKFold; with groups, each goes
 * to the fold that has fewest of its label, as StratifiedGroupKFold does).
 *
 * @throws UserError (exit 2) where there are fewer than two folds, more than groups, or none of that index
 * @example const { training, held } = await folds(dataset, await dataset.samples('train'), { index: 0, of: 10, seed: 1 });
 */
export async function folds(
  dataset: Dataset,
  samples: readonly Sample[],
  options: FoldOptions,
): Promise<Fold> {
  const [{ task, names }] = dataset.spaces;
  const truth = task === 'single-label' ? await dataset.truth(samples) : null;
  const labelOf = (row: number) =>
    truth ? truth.subarray(row * names.length, (row + 1) * names.length).indexOf(1) : 0;
  const dealt = dealFolds(
    samples.map((sample, row) => ({ group: groupOf(sample), label: labelOf(row) })),
    options,
  );
  return {
    training: samples.filter((_, row) => dealt[row] !== options.index),
    held: samples.filter((_, row) => dealt[row] === options.index),
  };
}

/** The fold of each of some samples: see `folds`. */
export function dealFolds(
  samples: readonly { readonly group: string; readonly label: number }[],
  { index, of, seed }: FoldOptions,
): number[] {
  const groups = new Map<string, number[]>();
  for (const { group, label } of samples) groups.set(group, [...(groups.get(group) ?? []), label]);
  if (!(Number.isInteger(of) && of >= 2 && of <= groups.size)) {
    throw usageError(`folds must be a whole number from 2 to the number of groups, ${groups.size}`, {
      received: String(of),
    });
  }
  if (!(Number.isInteger(index) && index >= 0 && index < of)) {
    throw usageError(`a fold of ${of} must be one of 0–${of - 1}`, { received: String(index) });
  }
  const sizes = new Array<number>(of).fill(0);
  const perLabel = new Map<number, number[]>();
  const foldOf = new Map<string, number>();
  // By label, so that what is left over of one goes where the last left a gap; large ones first, to be filled up around.
  const dealt = new Rng(`${seed}/folds`)
    .shuffle([...groups])
    .sort(([, a], [, b]) => b.length - a.length || Math.min(...a) - Math.min(...b));
  for (const [group, labels] of dealt) {
    const label = mostFrequent(labels);
    const counts = perLabel.get(label) ?? new Array<number>(of).fill(0);
    perLabel.set(label, counts);
    let best = 0;
    for (let fold = 1; fold < of; fold++) {
      if (counts[fold] < counts[best] || (counts[fold] === counts[best] && sizes[fold] < sizes[best])) {
        best = fold;
      }
    }
    foldOf.set(group, best);
    sizes[best] += labels.length;
    counts[best] += labels.length;
  }
  return samples.map(({ group }) => foldOf.get(group) ?? 0);
}

/** The label of most of a group's samples; of several, the least. */
function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b)[0][0];
}
