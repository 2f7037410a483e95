import type { Argv, InferredOptionTypes, Options } from 'yargs';
import { usageError } from '../src/core/errors.ts';
import type { Dataset } from '../src/datasets/dataset.ts';
import { openDataset } from '../src/datasets/index.ts';
import { nodeProviders } from '../src/runtime/node.ts';
import { type Progress, progressBar } from './progress.ts';

/** Flags of every command that scores bundles on a data set. */
export const scoringOptions = {
  data: { type: 'string', demandOption: true, describe: 'folder of a data set of any kind' },
  split: { type: 'string', default: 'val', describe: 'the split to score' },
  cache: { type: 'string', default: 'runs/cache', describe: 'predictions cache' },
  provider: { choices: nodeProviders, default: 'auto', describe: 'where graphs run' },
  threads: { type: 'number', describe: 'threads a graph; default: all cores' },
  batch: { type: 'number', describe: 'samples a run of the graph; default: 16 frames or 4 clips' },
  'skip-broken': { type: 'boolean', default: false, describe: 'leave out unreadable samples, and list them' },
} as const;

export type ScoringArguments = InferredOptionTypes<typeof scoringOptions>;

/** @param changes flags that are described otherwise */
export function withScoringOptions<T>(yargs: Argv<T>, changes: Record<string, Options> = {}) {
  return yargs.options({ ...scoringOptions, ...changes }).check(({ batch, threads }) => {
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
  const titles = { labels: 'reading labels', files: 'looking through files', check: 'checking samples' };
  let bar: { task: string; started: number; progress?: Progress } | undefined;
  return openDataset(data, {
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
