import type { Combination, Combiner, CombinerMember, Truth } from '../eval/combiners/combiner.ts';
import { combiners } from '../eval/combiners/index.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import { usageError } from '../src/core/errors.ts';
import type { KindValue } from '../src/core/kind.ts';
import type { LabelSet, LabelSpace } from '../src/core/labels.ts';
import { schemaFault } from '../src/core/schema-fault.ts';
import type { Task } from '../src/core/task.ts';
import { type Sample, spaceOf, truthIn } from '../src/datasets/dataset.ts';
import { type NamedBundle, readBundles } from './bundles.ts';
import { type ScoreBundlesOptions, type ScoredBundle, scoreBundles } from './score.ts';
import { type LearntSplit, trainedSplits } from './trained-splits.ts';

export interface FitCombinerOptions extends ScoreBundlesOptions {
  /** The labels to be answered, by the name of their space in the data set. Default: its first. */
  readonly space?: string;
  /** Of what a combiner draws by lot. Default: 1. */
  readonly seed?: number;
}

/** A combiner with all its numbers, and where it has them from. */
export interface FittedCombiner {
  readonly kind: KindValue;
  readonly rule: string;
  readonly combination: Combination;
  readonly labels: LabelSet;
  readonly task: Task['kind'];
  /** What it learnt from; null where it learns nothing. */
  readonly fitted: (LearntSplit & { readonly samples: number; readonly seed: number }) | null;
}

/**
 * Fits a combiner on what bundles answer to a split: one that no member was trained on, since what a system answers to
 * its own training samples says little of what it answers to others.
 *
 * @param bundles two or more: folders, or bundles that were read. They may have any labels
 * @param kind a combiner that learns, or its name; see `combiners`
 * @throws UserError as `scoreBundles`; exit 2, before any work, for a kind that there is none of, members that it cannot
 *   combine, or a split that a member was trained on
 * @example
 * const dataset = await openA2d('A2D');
 * const { combination } = await fitCombiner(['bundles/c1', 'bundles/c2'], 'lda', { dataset, split: 'val' });
 */
export async function fitCombiner(
  bundles: readonly (string | NamedBundle)[],
  kind: string | KindValue,
  options: FitCombinerOptions,
): Promise<FittedCombiner> {
  const { dataset, split = 'val', seed = 1, onNotice } = options;
  const { value, combiner } = namedCombiner(kind);
  if (!combiner.learns) throw usageError('only a combiner that learns is fitted', { received: value.kind });
  const read = await readBundles(bundles);
  const members = combinerMembers(read);
  combiner.check(members);
  const space = options.space === undefined ? dataset.spaces[0] : spaceOf(dataset, options.space);
  requireUnseen(read, { dataset: dataset.name, split }, onNotice);
  const scored = await scoreBundles(read, { ...options, split, otherLabels: true });
  const samples = sharedSamples(scored);
  const combination = combiner.fit(members, {
    answers: scored.map((scores) => answersTo(samples, scores)),
    truth: truthOf(space, await truthIn(dataset, samples, space.name)),
    seed,
  });
  for (const notice of combination.notices) onNotice?.(notice);
  return {
    ...{ kind: value, rule: combiner.rule, combination, labels: space, task: space.task },
    fitted: { dataset: dataset.name, split, samples: samples.length, seed },
  };
}

/** A combiner that learns nothing, over the labels that all members have. @throws UserError as its `check` */
export function unfitted(kind: string | KindValue, bundles: readonly NamedBundle[]): FittedCombiner {
  const { value, combiner } = namedCombiner(kind);
  const combination = combiner.fit(combinerMembers(bundles));
  const [{ labels, task }] = bundles.map(({ manifest }) => manifest);
  return { kind: value, rule: combiner.rule, combination, labels, task: task.kind, fitted: null };
}

/** @throws UserError (exit 2) with the nearest names where there is none of that kind, or for options that it has not */
export function namedCombiner(kind: string | KindValue): { value: KindValue; combiner: Combiner } {
  const parsed = combiners.schema.safeParse(kind);
  if (parsed.success) return { value: parsed.data, combiner: combiners.make(parsed.data) };
  throw usageError('a combiner must be a known one, with its options as key=value', {
    received: schemaFault(parsed.error, combiners.schema).replace('the whole: ', ''),
  });
}

export function combinerMembers(bundles: readonly NamedBundle[]): CombinerMember[] {
  return bundles.map(({ manifest, folder }) => ({
    name: folder,
    labels: manifest.labels.names,
    f1: recordedScore(manifest)?.value ?? null,
  }));
}

/** @throws UserError (exit 2) naming the member that was trained on the split */
function requireUnseen(
  bundles: readonly NamedBundle[],
  { dataset, split }: LearntSplit,
  onNotice?: (message: string) => void,
): void {
  for (const { manifest } of bundles) {
    const splits = trainedSplits(manifest.provenance);
    if (splits?.some((one) => one.dataset === dataset && one.split === split)) {
      throw usageError('a combiner must be fitted on a split that no member was trained on', {
        received: `${split} of ${dataset}, which ${manifest.name} was trained on`,
        remedy: 'give another --split',
      });
    }
    if (splits === null) {
      onNotice?.(`${manifest.name} does not say what it was trained on: not on ${split}, it is hoped`);
    }
  }
}

/** Those that all members could read. */
function sharedSamples(scored: readonly ScoredBundle[]): Sample[] {
  const [first, ...others] = scored;
  const known = others.map(({ ids }) => new Set(ids));
  return first.samples.filter(({ id }) => known.every((ids) => ids.has(id)));
}

/** A member's answers to the samples, samples × its labels. */
function answersTo(samples: readonly Sample[], { ids, probabilities, bundle }: ScoredBundle): Float32Array {
  const labels = bundle.manifest.labels.names.length;
  const rows = new Map(ids.map((id, row) => [id, row]));
  const answers = new Float32Array(samples.length * labels);
  samples.forEach(({ id }, i) => {
    const row = rows.get(id) ?? 0;
    answers.set(probabilities.subarray(row * labels, (row + 1) * labels), i * labels);
  });
  return answers;
}

function truthOf({ names, task }: LabelSpace, values: Uint8Array): Truth {
  return { labels: names, task, values };
}
