import type { Bundle } from '../src/bundle/manifest.ts';
import { UserError } from '../src/core/errors.ts';
import { type LabelSpace, labelSetHash } from '../src/core/labels.ts';
import { type BrokenSample, type Dataset, keyFrameOf, type Sample } from '../src/datasets/dataset.ts';
import type { RgbImage } from '../src/image/image.ts';
import { framesAt } from '../src/inputs/plan.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { Classifier } from '../src/runtime/classifier.ts';
import type { NodeRuntime } from '../src/runtime/node.ts';
import type { Provider } from '../src/runtime/session.ts';
import { cacheKey } from './cache/key.ts';
import { PredictionsCache } from './cache/predictions-cache.ts';
import { isWitnessed, witnessOf } from './cache/witness.ts';
import { type JoinedPredictions, joinPredictions } from './predictions.ts';
import { prefetch } from './prefetch.ts';

export interface ScoreOptions {
  readonly bundle: Bundle;
  readonly dataset: Dataset;
  readonly split: string;
  readonly cacheFolder: string;
  readonly runtime: NodeRuntime;
  readonly provider?: Provider | 'auto';
  readonly threads?: number;
  /** Samples a run of the graph. Default: 16 frames, 4 clips. */
  readonly batch?: number;
  /** Leave out samples whose frames cannot be read, and list them, instead of failing. */
  readonly skipBroken?: boolean;
  /** Take bundles of other labels than the data set's too, whose answers are not compared with its truth. */
  readonly otherLabels?: boolean;
  /** Told in one line what the runtime did otherwise than asked for. */
  readonly onNotice?: (message: string) => void;
  /** Samples inferred so far, of those that the cache lacked. Called only where there are any. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A system's predictions on a split. */
export interface Scored extends JoinedPredictions {
  /** In the split's order, without the broken ones. */
  readonly samples: readonly Sample[];
  /** What it answers in. */
  readonly space: LabelSpace;
  /** The provider that really ran the graph, now or when the cache was filled. */
  readonly provider: Provider;
  /** How many samples were inferred now; the rest came from the cache. */
  readonly inferred: number;
  readonly broken: readonly BrokenSample[];
}

/** What an unfinished shard may grow to before it is written: an interruption loses no more than this. */
const shardSamples = 256;
const shardMilliseconds = 20_000;

/** Batches that are decoded while one is being inferred. */
const batchesAhead = 2;

/**
 * A bundle's probabilities on a split: those that the cache has are read, the rest are inferred and added to it.
 * Frames are decoded while the graph runs. What was inferred before an error or an interruption stays cached.
 *
 * @throws UserError when the bundle's labels are not the data set's (without `otherLabels`), a sample cannot be read (without
 *   `skipBroken`), the provider does not load, or the cache cannot be read or written; exit 2 for an unknown split
 */
export async function score(options: ScoreOptions): Promise<Scored> {
  const { bundle, dataset, split, runtime } = options;
  const space = await answeredSpace(bundle, dataset, options.otherLabels);
  const samples = await dataset.samples(split);

  let provider = await runtime.resolve(options.provider);
  let cache = await openCache(options, provider);
  const isOurs = (metadata: Readonly<Record<string, string>>) => isWitnessed(dataset, metadata);
  let stored = await cache.read(isOurs);
  let inferred = 0;
  let broken: BrokenSample[] = [];
  if (samples.some(({ id }) => !stored.has(id))) {
    const classifier = await Classifier.open(bundle, runtime, options);
    try {
      if (classifier.provider !== provider) {
        provider = classifier.provider;
        cache = await openCache(options, provider);
        stored = await cache.read(isOurs);
      }
      const missing = samples.filter(({ id }) => !stored.has(id));
      broken = await fill(options, classifier, cache, missing, stored);
      inferred = missing.length - broken.length;
    } finally {
      await classifier.release();
    }
  }

  const left = new Set(broken.map(({ id }) => id));
  const whole = samples.filter(({ id }) => !left.has(id));
  const ids = whole.map(({ id }) => id);
  return {
    ...joinPredictions(ids, stored, bundle.manifest.labels.names.length),
    samples: whole,
    space,
    provider,
    inferred,
    broken,
  };
}

/**
 * The space that a bundle answers in: of the data set's, or else, where that is allowed, its own.
 *
 * @throws UserError where it has other labels
 */
async function answeredSpace(
  { manifest }: Bundle,
  dataset: Dataset,
  otherLabels = false,
): Promise<LabelSpace> {
  for (const space of dataset.spaces) if ((await labelSetHash(space)) === manifest.labels.hash) return space;
  if (otherLabels) return { ...manifest.labels, name: manifest.name, task: manifest.task.kind };
  const [theirs, ours] = [manifest.labels.names, dataset.spaces[0].names];
  const first = theirs.findIndex((name, i) => name !== ours[i]);
  throw new UserError(`${manifest.name} and ${dataset.name} must have the same labels in the same order`, {
    received:
      theirs.length === ours.length
        ? `${theirs[first]} instead of ${ours[first]} at index ${first}`
        : `${theirs.length} labels in the bundle, ${ours.length} in the data set`,
    remedy: 'take a bundle that was trained on this data set',
  });
}

async function openCache({ bundle, cacheFolder }: ScoreOptions, provider: Provider) {
  const key = await cacheKey(bundle.manifest, provider);
  return new PredictionsCache(cacheFolder, key, bundle.manifest.labels.names.length);
}

/** Infers the missing samples into the cache and into `stored`; returns those that could not be read. */
async function fill(
  options: ScoreOptions,
  classifier: Classifier,
  cache: PredictionsCache,
  missing: readonly Sample[],
  stored: Map<string, Float32Array>,
): Promise<BrokenSample[]> {
  const { runtime, dataset, split, onProgress } = options;
  const { plan } = classifier;
  const { name, labels } = classifier.manifest;
  const broken: BrokenSample[] = [];
  const metadata = {
    system: name,
    dataset: dataset.name,
    split,
    runtime: `${runtime.name} ${runtime.version}`,
    actionnx: packageVersion,
  };

  let pending: Sample[] = [];
  let written = performance.now();
  const flush = async () => {
    if (pending.length > 0) {
      const ids = pending.map(({ id }) => id);
      const { probabilities } = joinPredictions(ids, stored, labels.names.length);
      await cache.append(ids, probabilities, { ...metadata, ...(await witnessOf(dataset, pending[0])) });
    }
    pending = [];
    written = performance.now();
  };

  const size = options.batch ?? (plan.sizes.length > 1 ? 4 : 16);
  const batches = Array.from({ length: Math.ceil(missing.length / size) }, (_, i) =>
    missing.slice(i * size, (i + 1) * size),
  );
  const read = async (sample: Sample): Promise<RgbImage[] | null> => {
    try {
      const { video, frameCount } = sample;
      return await framesAt(plan.needs({ key: keyFrameOf(sample), frameCount }), (numbers) =>
        dataset.frames(video, numbers),
      );
    } catch (error) {
      if (!(options.skipBroken && error instanceof UserError)) throw error;
      broken.push({ id: sample.id, reason: error.message });
      return null;
    }
  };
  const jobs = batches.map((batch) => async () => {
    const frames = await Promise.all(batch.map(read));
    return batch.flatMap((sample, i) => (frames[i] ? [{ sample, frames: frames[i] }] : []));
  });

  let done = 0;
  onProgress?.(0, missing.length);
  try {
    for await (const batch of prefetch(jobs, batchesAhead)) {
      const { probabilities } = await classifier.predict(batch.map(({ frames }) => frames));
      batch.forEach(({ sample }, i) => {
        stored.set(sample.id, probabilities.subarray(i * labels.names.length, (i + 1) * labels.names.length));
        pending.push(sample);
      });
      if (pending.length >= shardSamples || performance.now() - written > shardMilliseconds) await flush();
      done += batch.length;
      onProgress?.(done + broken.length, missing.length);
    }
  } finally {
    await flush();
  }
  return broken;
}
