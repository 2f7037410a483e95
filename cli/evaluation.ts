import type { Argv, InferredOptionTypes } from 'yargs';
import { buildResult, type EnsembleWeights, type Member, type Result } from '../eval/result.ts';
import { type Scored, score } from '../eval/score.ts';
import type { NamedBundle } from '../jobs/bundles.ts';
import { usageError } from '../src/core/errors.ts';
import { openA2d } from '../src/data/a2d.ts';
import type { BrokenSample, Dataset, Sample } from '../src/data/dataset.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { nodeProviders, nodeRuntime } from '../src/runtime/node.ts';
import { type Progress, progressBar } from './progress.ts';

/** Flags of every command that scores bundles on a data set. */
export const scoringOptions = {
  data: { type: 'string', demandOption: true, describe: 'data set folder' },
  split: { type: 'string', default: 'val', describe: 'the split to score' },
  cache: { type: 'string', default: 'runs/cache', describe: 'predictions cache' },
  provider: { choices: nodeProviders, default: 'auto', describe: 'where graphs run' },
  threads: { type: 'number', describe: 'threads a graph; default: all cores' },
  batch: { type: 'number', describe: 'samples a run of the graph; default: 16 frames or 4 clips' },
  'skip-broken': { type: 'boolean', default: false, describe: 'leave out unreadable samples, and list them' },
} as const;

export type ScoringArguments = InferredOptionTypes<typeof scoringOptions>;

/** A bundle's predictions on a split. */
export interface ScoredBundle extends Scored {
  readonly bundle: NamedBundle;
}

export function withScoringOptions<T>(yargs: Argv<T>) {
  return yargs.options(scoringOptions).check(({ batch, threads }) => {
    for (const [flag, value] of Object.entries({ batch, threads })) {
      if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
        throw usageError(`--${flag} must be a positive whole number`, { received: String(value) });
      }
    }
    return true;
  });
}

/** Opens the data set that `--data` names, with a progress bar while its labels are read for the first time. */
export function openData({ data, skipBroken }: { data: string; skipBroken: boolean }): Promise<Dataset> {
  const titles = { labels: 'reading labels', check: 'checking samples' };
  let bar: { task: string; started: number; progress?: Progress } | undefined;
  return openA2d(data, {
    skipBroken,
    onProgress: (task, done, total) => {
      if (bar?.task !== task) bar = { task, started: performance.now() };
      // What is cached is there at once: a bar for it would only flicker.
      if (!bar.progress && done < total && performance.now() - bar.started > 500) {
        bar.progress = progressBar(titles[task], total);
      }
      bar.progress?.update(done);
      if (done === total) bar.progress?.stop();
    },
  });
}

/** Scores bundles on a split, one after another, with a progress bar where there is something to infer. */
export async function scoreBundles(
  args: ScoringArguments & { skipBroken: boolean },
  bundles: readonly NamedBundle[],
  dataset: Dataset,
  split: string,
): Promise<ScoredBundle[]> {
  const scored: ScoredBundle[] = [];
  for (const bundle of bundles) {
    let bar: Progress | undefined;
    const onProgress = (done: number, total: number) => {
      bar ??= progressBar(`${bundle.manifest.name} on ${split}`, total);
      bar.update(done);
    };
    try {
      const scores = await score({
        ...args,
        bundle,
        dataset,
        split,
        cacheFolder: args.cache,
        runtime: nodeRuntime,
        onProgress,
        onNotice: (message) => process.stderr.write(`${bundle.manifest.name}: ${message}\n`),
      });
      scored.push({ ...scores, bundle });
    } finally {
      bar?.stop();
    }
  }
  return scored;
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
 * Metrics of scored bundles, and of their ensemble. Where a sample was unreadable for one system, it is left out
 * for all, so that every row is over the same samples.
 *
 * @param datasetBroken what the data set itself left out of the split
 */
export async function evaluate(
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
  const truth = await dataset.truth(samples);
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
      labels: dataset.labels,
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
