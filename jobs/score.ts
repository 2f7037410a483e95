import { type Scored, score } from '../eval/score.ts';
import type { Dataset } from '../src/datasets/dataset.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import type { SessionOptions } from '../src/runtime/session.ts';
import { type NamedBundle, readBundles } from './bundles.ts';
import type { Listener } from './listener.ts';

export interface ScoreBundlesOptions extends Pick<SessionOptions, 'provider' | 'threads'>, Listener {
  readonly dataset: Dataset;
  /** Default: val. */
  readonly split?: string;
  /** Folder of the predictions cache. Default: runs/cache. */
  readonly cache?: string;
  /** Samples a run of the graph. Default: 16 frames or 4 clips. */
  readonly batch?: number;
  /** Leave out unreadable samples, and list them. Default: false. */
  readonly skipBroken?: boolean;
  /** Take bundles of other labels than the data set's too. Default: false. */
  readonly otherLabels?: boolean;
}

/** A bundle's predictions on a split. */
export interface ScoredBundle extends Scored {
  readonly bundle: NamedBundle;
}

/**
 * Predicts what the cache lacks of a split, for one bundle after another.
 *
 * @param bundles folders, or bundles that were read
 * @returns for each the ids of the samples and their probabilities, samples × labels, in the data set's order
 * @throws UserError when a bundle has other labels than the data set (without `otherLabels`), or a sample cannot be read
 * @example const [{ probabilities }] = await scoreBundles(['bundles/a1'], { dataset: await openA2d('A2D') });
 */
export async function scoreBundles(
  bundles: readonly (string | NamedBundle)[],
  options: ScoreBundlesOptions,
): Promise<ScoredBundle[]> {
  const { dataset, split = 'val', cache = 'runs/cache', provider = 'auto', onProgress, onNotice } = options;
  const { threads, batch, skipBroken = false, otherLabels = false } = options;
  const scored: ScoredBundle[] = [];
  for (const bundle of await readBundles(bundles)) {
    const { name } = bundle.manifest;
    const scores = await score({
      ...{ bundle, dataset, split, cacheFolder: cache, runtime: nodeRuntime },
      ...{ provider, threads, batch, skipBroken, otherLabels },
      onProgress: (done, total) => onProgress?.(`${name} on ${split}`, done, total),
      onNotice: (message) => onNotice?.(`${name}: ${message}`),
    });
    scored.push({ ...scores, bundle });
  }
  return scored;
}
