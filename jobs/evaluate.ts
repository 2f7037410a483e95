import type { EnsembleRule } from '../eval/ensemble-rule.ts';
import { metricsOf } from '../eval/metrics/index.ts';
import { buildResult, type EnsembleWeights, type Member, type Result } from '../eval/result.ts';
import { validationWeights } from '../eval/validation-weights.ts';
import { recordedScore } from '../src/bundle/recorded-score.ts';
import { usageError } from '../src/core/errors.ts';
import { mainMetric } from '../src/core/task.ts';
import { type BrokenSample, type Dataset, type Sample, truthIn } from '../src/datasets/dataset.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { type NamedBundle, readBundles } from './bundles.ts';
import { type ScoreBundlesOptions, type ScoredBundle, scoreBundles } from './score.ts';

/** What the members of an ensemble are weighed by. */
export type Weighing =
  /** Their F1 as their bundles record it. */
  | { readonly by: 'recorded' }
  /** Their F1 on another split. */
  | { readonly by: 'split'; readonly split: string }
  /** Numbers, one a bundle, not negative. */
  | { readonly by: 'given'; readonly weights: readonly number[] };

export interface EvaluateBundlesOptions extends ScoreBundlesOptions {
  /** Also evaluate the bundles' ensemble, its members weighed so. Default: no. */
  readonly ensemble?: Weighing;
  /** How it is made. Default: vote-average. */
  readonly rule?: EnsembleRule;
}

/** A finished evaluation: `result.json`, and what the report is drawn from. */
export interface Evaluation {
  readonly result: Result;
  readonly samples: readonly Sample[];
  /** Multi-hot, samples × labels. */
  readonly truth: Uint8Array;
  readonly members: readonly Member[];
  /** The ensemble's probabilities, samples × labels. */
  readonly combined: Float32Array | null;
  /** Samples inferred now, over all bundles; 0 where the cache had all. */
  readonly inferred: number;
}

/**
 * Scores bundles on a split, then computes every metric, of each and of their ensemble. Where a sample was unreadable
 * for one system, it is left out for all.
 *
 * @param bundles folders, or bundles that were read
 * @throws UserError as `scoreBundles`; when a member of an ensemble records no validation F1; exit 2 for a split
 *   without samples
 * @example
 * const dataset = await openA2d('A2D');
 * const { result } = await evaluateBundles(['bundles/a1', 'bundles/a3'], { dataset, ensemble: { by: 'recorded' } });
 */
export async function evaluateBundles(
  bundles: readonly (string | NamedBundle)[],
  options: EvaluateBundlesOptions,
): Promise<Evaluation> {
  const { dataset, split = 'val', ensemble, rule = 'vote-average' } = options;
  const read = await readBundles(bundles);
  const known = ensemble ? knownWeights(read, ensemble, rule) : null;
  const scored = await scoreBundles(read, options);
  const { broken } = dataset;
  const weights =
    ensemble?.by === 'split' && !known
      ? await splitWeights(read, { ...options, split: ensemble.split, rule })
      : known;
  return evaluate(dataset, split, scored, weights, broken);
}

/**
 * Weights that need no scoring, checked before any work; null where they do.
 *
 * @throws UserError as `validationWeights` finds fault
 */
export function knownWeights(
  bundles: readonly NamedBundle[],
  weighing: Weighing,
  rule: EnsembleRule = 'vote-average',
): EnsembleWeights | null {
  if (rule === 'maximum') return { rule, weights: null, from: null };
  if (weighing.by === 'split') return null;
  if (weighing.by === 'given') return { rule, weights: weighing.weights, from: 'given' };
  const recorded = bundles.map(({ manifest }) => recordedScore(manifest));
  const systems = bundles.map(({ manifest: { labels }, folder }, i) => ({
    name: folder,
    labels: labels.hash,
    f1: recorded[i]?.value ?? null,
  }));
  const { f1s, fault } = validationWeights(systems, 'give --weights or --weights-split');
  if (fault) throw fault;
  const splits = new Set(recorded.map((score) => score?.split));
  return { rule, weights: f1s, from: [...splits].join(', ') };
}

/** The systems' F1 on a split. */
async function splitWeights(
  bundles: readonly NamedBundle[],
  options: ScoreBundlesOptions & { readonly split: string; readonly rule: EnsembleRule },
): Promise<EnsembleWeights> {
  const { dataset, split, rule } = options;
  const scored = await scoreBundles(bundles, options);
  const weights = await Promise.all(
    scored.map(async ({ samples, probabilities, space, bundle: { manifest } }) => {
      if (samples.length === 0) throw usageError(`the split ${split} has no samples to weigh by`);
      const scores = metricsOf(
        {
          samples: samples.length,
          labels: manifest.labels.names.length,
          probabilities,
          truth: await truthIn(dataset, samples, space.name),
          task: manifest.task,
        },
        space.task,
      );
      return scores[mainMetric[space.task]] ?? 0;
    }),
  );
  return { rule, weights, from: split };
}

/**
 * Metrics of scored bundles, and of their ensemble. Where a sample was unreadable for one system, it is left out
 * for all, so that every row is over the same samples.
 *
 * @param datasetBroken what the data set itself left out of the split
 */
async function evaluate(
  dataset: Dataset,
  split: string,
  scored: readonly ScoredBundle[],
  ensemble: EnsembleWeights | null,
  datasetBroken: readonly BrokenSample[] = [],
): Promise<Evaluation> {
  const broken = new Map(
    [...datasetBroken, ...scored.flatMap((scores) => scores.broken)].map((sample) => [sample.id, sample]),
  );
  const samples = scored[0].samples.filter(({ id }) => !broken.has(id));
  const { space } = scored[0];
  requireOneSpace(scored);
  const truth = await truthIn(dataset, samples, space.name);
  const members = scored.map(({ bundle, provider, ids, probabilities }): Member => {
    const labels = bundle.manifest.labels.names.length;
    const kept = ids.flatMap((id, i) => (broken.has(id) ? [] : [i]));
    return {
      manifest: bundle.manifest,
      bundle: bundle.folder,
      provider,
      probabilities:
        kept.length === ids.length
          ? probabilities
          : Float32Array.from(kept.flatMap((i) => [...probabilities.subarray(i * labels, (i + 1) * labels)])),
    };
  });
  const { result, combined } = await buildResult(
    {
      dataset: dataset.name,
      split,
      labels: space,
      samples: samples.length,
      truth,
      broken: [...broken.values()],
      versions: {
        actionnx: packageVersion,
        [nodeRuntime.name]: nodeRuntime.version,
        node: process.versions.node,
      },
    },
    members,
    ensemble,
  );
  const inferred = scored.reduce((sum, scores) => sum + scores.inferred, 0);
  return { result, samples, truth, members, combined, inferred };
}

/** @throws UserError (exit 2) for systems of other labels than the first */
function requireOneSpace([first, ...others]: readonly ScoredBundle[]): void {
  const other = others.find(({ space }) => space !== first.space);
  if (!other) return;
  throw usageError('systems that are evaluated together must have the same labels', {
    received: `${other.bundle.folder} of ${other.space.name}, ${first.bundle.folder} of ${first.space.name}`,
    remedy: 'evaluate them one after the other',
  });
}
