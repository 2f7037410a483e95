import { labelSetHash } from '../core/labels.ts';
import type { BrokenSample, Dataset } from './dataset.ts';

/** What a split holds. */
export interface SplitInfo {
  readonly split: string;
  readonly samples: number;
  readonly videos: number;
  /** Samples that carry each label, in class-index order. */
  readonly perLabel: readonly number[];
  /** Samples by how many labels they carry: index 0 none, 1 one, … */
  readonly labelsPerSample: readonly number[];
}

/** What a data set holds. */
export interface DatasetInfo {
  readonly dataset: string;
  readonly root: string;
  readonly labels: { readonly hash: string; readonly names: readonly string[] };
  readonly splits: readonly SplitInfo[];
  readonly broken: readonly BrokenSample[];
}

/** Counts the samples of each split, per label and by labels a sample. @throws UserError for a broken file */
export async function describeDataset(dataset: Dataset): Promise<DatasetInfo> {
  const [labels] = dataset.spaces;
  const splits: SplitInfo[] = [];
  for (const split of dataset.splits) splits.push(await describeSplit(dataset, split));
  return {
    dataset: dataset.name,
    root: dataset.root,
    labels: { hash: await labelSetHash(labels), names: labels.names },
    splits,
    broken: dataset.broken,
  };
}

async function describeSplit(dataset: Dataset, split: string): Promise<SplitInfo> {
  const samples = await dataset.samples(split);
  const truth = await dataset.truth(samples);
  const labelCount = dataset.spaces[0].names.length;
  const perLabel = new Array<number>(labelCount).fill(0);
  const labelsPerSample: number[] = [0];
  for (let row = 0; row < samples.length; row++) {
    let carried = 0;
    for (let label = 0; label < labelCount; label++) {
      if (!truth[row * labelCount + label]) continue;
      perLabel[label]++;
      carried++;
    }
    while (labelsPerSample.length <= carried) labelsPerSample.push(0);
    labelsPerSample[carried]++;
  }
  const videos = new Set(samples.map(({ video }) => video)).size;
  return { split, samples: samples.length, videos, perLabel, labelsPerSample };
}
