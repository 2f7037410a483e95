import { createHash } from 'node:crypto';
import { UserError } from '../core/errors.ts';
import { forEachParallel } from '../core/parallel.ts';
import type { RgbImage } from '../image/image.ts';
import { type BrokenSample, type Dataset, groupOf, type Sample } from './dataset.ts';

/** A sample in its split. */
export interface PlacedSample {
  readonly split: string;
  readonly id: string;
}

/** What is wrong with a data set, by kind of fault; each list is in the order of splits and samples. */
export interface DatasetFaults {
  readonly dataset: string;
  readonly root: string;
  readonly splits: readonly { readonly split: string; readonly samples: number }[];
  /** Samples that cannot be read, and lines of lists that cannot be used. They are left out of all that follows. */
  readonly unreadable: readonly BrokenSample[];
  /** Samples whose pixels are the same, frame for frame, whatever files they lie in. */
  readonly duplicates: readonly (readonly PlacedSample[])[];
  /** Groups, such as videos, of which several splits have samples. */
  readonly leaks: readonly { readonly group: string; readonly splits: readonly string[] }[];
  /** Labels that no sample of a split has. */
  readonly absentLabels: readonly { readonly split: string; readonly label: string }[];
  readonly unlabelled: readonly PlacedSample[];
}

/**
 * Looks through all samples of all splits: decodes the key frame of each, or every frame of a whole video, and
 * compares pixels, groups and labels.
 *
 * @param dataset opened with `skipBroken`; without it the first broken sample is an error
 * @throws UserError for what cannot be skipped, such as a missing list
 * @example const faults = await checkDataset(await openDataset('A2D', { skipBroken: true }));
 */
export async function checkDataset(
  dataset: Dataset,
  options: { readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<DatasetFaults> {
  const [{ names }] = dataset.spaces;
  const splits: { split: string; samples: Sample[] }[] = [];
  for (const split of dataset.splits) splits.push({ split, samples: await dataset.samples(split) });

  const unreadable = new Map<string, string>();
  const readable = await readPixels(dataset, splits, unreadable, options.onProgress);
  const absentLabels: { split: string; label: string }[] = [];
  const unlabelled: PlacedSample[] = [];
  for (const { split, samples } of splits) {
    const truth = await dataset.truth(samples);
    const row = (i: number) => truth.subarray(i * names.length, (i + 1) * names.length);
    samples.forEach(({ id }, i) => {
      if (!row(i).includes(1)) unlabelled.push({ split, id });
    });
    for (const [label, name] of names.entries()) {
      if (!samples.some((_, i) => row(i)[label] === 1)) absentLabels.push({ split, label: name });
    }
  }
  const { broken } = dataset;
  return {
    dataset: dataset.name,
    root: dataset.root,
    splits: splits.map(({ split, samples }) => ({ split, samples: samples.length })),
    unreadable: [...broken, ...Array.from(unreadable, ([id, reason]) => ({ id, reason }))],
    duplicates: duplicatesOf(readable),
    leaks: leaksOf(splits),
    absentLabels,
    unlabelled,
  };
}

/** How many faults there are. */
export function countFaults(faults: DatasetFaults): number {
  const { unreadable, duplicates, leaks, absentLabels, unlabelled } = faults;
  return [unreadable, duplicates, leaks, absentLabels, unlabelled].reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

interface HashedSample extends PlacedSample {
  readonly pixels: string;
}

async function readPixels(
  dataset: Dataset,
  splits: readonly { readonly split: string; readonly samples: readonly Sample[] }[],
  unreadable: Map<string, string>,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<HashedSample[]> {
  const all = splits.flatMap(({ split, samples }) => samples.map((sample) => ({ split, sample })));
  const hashed = new Array<HashedSample | null>(all.length).fill(null);
  let done = 0;
  await forEachParallel(all, 4, async ({ split, sample }, index) => {
    try {
      hashed[index] = { split, id: sample.id, pixels: await hashPixels(dataset, sample) };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.set(sample.id, error.message);
    }
    onProgress(++done, all.length);
  });
  return hashed.filter((sample) => sample !== null);
}

async function hashPixels(dataset: Dataset, sample: Sample): Promise<string> {
  const hash = createHash('sha256');
  for await (const { width, height, data } of framesOf(dataset, sample)) {
    hash.update(`${width}x${height}\n`).update(data);
  }
  return hash.digest('hex');
}

async function* framesOf(dataset: Dataset, { video, frame, frameCount }: Sample): AsyncGenerator<RgbImage> {
  if (frame !== null) yield* await dataset.frames(video, [frame]);
  else if (dataset.everyFrame) yield* dataset.everyFrame(video);
  else {
    for (let number = 1; number <= frameCount; number++) yield* await dataset.frames(video, [number]);
  }
}

function duplicatesOf(samples: readonly HashedSample[]): PlacedSample[][] {
  const byPixels = new Map<string, PlacedSample[]>();
  for (const { split, id, pixels } of samples) {
    byPixels.set(pixels, [...(byPixels.get(pixels) ?? []), { split, id }]);
  }
  return [...byPixels.values()].filter(({ length }) => length > 1);
}

function leaksOf(
  splits: readonly { readonly split: string; readonly samples: readonly Sample[] }[],
): { group: string; splits: string[] }[] {
  const groups = new Map<string, Set<string>>();
  for (const { split, samples } of splits) {
    for (const sample of samples) {
      const group = groupOf(sample);
      groups.set(group, (groups.get(group) ?? new Set()).add(split));
    }
  }
  return [...groups]
    .filter(([, { size }]) => size > 1)
    .map(([group, among]) => ({ group, splits: [...among] }));
}
