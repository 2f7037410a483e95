import type { BundleManifest } from '../src/bundle/manifest.ts';
import { usageError } from '../src/core/errors.ts';
import { type LabelSpace, labelSetHash } from '../src/core/labels.ts';
import { ensembleTask, statedThreshold, type Task } from '../src/core/task.ts';
import type { BrokenSample } from '../src/datasets/dataset.ts';
import type { Provider } from '../src/runtime/session.ts';
import { bestConstant } from './constant.ts';
import { voteAverageWeights } from './ensemble.ts';
import { combinedBy, type EnsembleRule } from './ensemble-rule.ts';
import { confusion, type Evaluated, type LabelScores, metricsOf, perLabel } from './metrics/index.ts';

/** How good predictions are: rates in 0–1 by metric name, and by label; null where undefined. */
export interface Scores {
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly perLabel: readonly LabelScores[];
  /** Samples by true label (row) and predicted one (column), where a sample has one label. */
  readonly confusion?: readonly (readonly number[])[];
}

export interface SystemScores extends Scores {
  readonly name: string;
  /** Where the bundle was read from. */
  readonly bundle: string;
  /** sha256 of the graph. */
  readonly graph: string;
  readonly provider: Provider;
  /** From which a label is predicted: one for all or one a label; null where it is the most probable. */
  readonly threshold: number | readonly number[] | null;
}

export interface EnsembleScores extends Scores {
  readonly rule: EnsembleRule;
  readonly members: readonly string[];
  /** In the members' order; they sum to 1. null where the rule has none, as the maximum. */
  readonly weights: readonly number[] | null;
  /** Where the weights come from: `given`, or the split whose F1 they are. */
  readonly weightsFrom: string | null;
}

/** `result.json`. */
export interface Result {
  readonly dataset: string;
  readonly split: string;
  /** Samples evaluated: the split's, without the broken ones. */
  readonly samples: number;
  readonly broken: readonly BrokenSample[];
  readonly labels: { readonly hash: string; readonly names: readonly string[] };
  /** Whether several labels may hold for a sample, or one does. */
  readonly task: Task['kind'];
  readonly versions: Readonly<Record<string, string>>;
  /** What ran the graphs; `mixed` where it differs by system. */
  readonly provider: Provider | 'mixed';
  /** The best prediction that is the same for every sample of this split (`bestConstant`). */
  readonly constant: Scores & { readonly labels: readonly string[] };
  readonly systems: readonly SystemScores[];
  readonly ensemble: EnsembleScores | null;
}

/** Whether a text is a `result.json`, of this version or an earlier one. */
export function isResult(text: string): boolean {
  try {
    const { dataset, split, systems, versions } = Object(JSON.parse(text));
    return Boolean(dataset && split && Array.isArray(systems) && Object(versions).actionnx);
  } catch {
    return false;
  }
}

/** A system and its probabilities on the evaluated samples. */
export interface Member {
  readonly manifest: BundleManifest;
  readonly bundle: string;
  readonly provider: Provider;
  /** samples × labels, row-major. */
  readonly probabilities: Float32Array;
}

/** How an ensemble is made, and what its members count for. */
export interface EnsembleWeights {
  readonly rule: EnsembleRule;
  /** One a member, not negative; only their ratios count. null where the rule has none. */
  readonly weights: readonly number[] | null;
  readonly from: string | null;
}

/** What is evaluated, besides the members. */
export interface Subject {
  readonly dataset: string;
  readonly split: string;
  readonly labels: LabelSpace;
  readonly samples: number;
  /** samples × labels, row-major. */
  readonly truth: Uint8Array;
  readonly broken: readonly BrokenSample[];
  readonly versions: Readonly<Record<string, string>>;
}

/** Every metric of what is asked, and every label's rates. */
export function scoresOf(
  evaluated: Evaluated,
  names: readonly string[],
  kind: Task['kind'] = evaluated.task.kind,
): Scores {
  return {
    metrics: metricsOf(evaluated, kind),
    perLabel: perLabel(evaluated, names),
    ...(kind === 'single-label' && { confusion: confusion(evaluated) }),
  };
}

/**
 * The result of evaluating systems, and their ensemble where weights are given.
 *
 * @throws UserError (exit 2) when two systems share a name, or there are no samples
 */
export async function buildResult(
  subject: Subject,
  members: readonly Member[],
  ensemble: EnsembleWeights | null,
): Promise<{ result: Result; combined: Float32Array | null }> {
  const { dataset, split, samples, truth, broken, versions } = subject;
  const { names } = subject.labels;
  if (samples === 0)
    throw usageError('a split needs samples to be evaluated', { received: `none in ${split}` });
  const systemNames = members.map(({ manifest }) => manifest.name);
  const repeated = systemNames.find((name, i) => systemNames.indexOf(name) !== i);
  if (repeated) {
    throw usageError('systems that are evaluated together need different names', {
      received: `${repeated} twice`,
      remedy: 'export one of them under another --name',
    });
  }
  const scored = (probabilities: Float32Array, task: Task): Scores =>
    scoresOf({ samples, labels: names.length, probabilities, truth, task }, names, subject.labels.task);
  const decided = ensembleTask(subject.labels.task);

  const constantLabels = bestConstant(truth, names.length, subject.labels.task);
  const constant = new Float32Array(truth.length);
  for (let i = 0; i < truth.length; i++) constant[i] = constantLabels.includes(i % names.length) ? 1 : 0;

  const weights = ensemble?.weights ? voteAverageWeights(ensemble.weights) : null;
  const answers = members.map(({ probabilities }) => probabilities);
  const combined = ensemble && combinedBy(ensemble.rule, answers, weights ?? []);
  const used = new Set(members.map(({ provider }) => provider));
  const result: Result = {
    dataset,
    split,
    samples,
    broken,
    labels: { hash: await labelSetHash(subject.labels), names },
    task: subject.labels.task,
    versions,
    provider: used.size === 1 ? members[0].provider : 'mixed',
    constant: { labels: constantLabels.map((index) => names[index]), ...scored(constant, decided) },
    systems: members.map(({ manifest, bundle, provider, probabilities }) => ({
      name: manifest.name,
      bundle,
      graph: manifest.graph.sha256,
      provider,
      threshold: statedThreshold(manifest.task),
      ...scored(probabilities, manifest.task),
    })),
    ensemble: ensemble &&
      combined && {
        rule: ensemble.rule,
        members: systemNames,
        weights,
        weightsFrom: ensemble.from,
        ...scored(combined, decided),
      },
  };
  return { result, combined };
}
