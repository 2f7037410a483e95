import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quoted, UserError } from '../core/errors.ts';
import { labelSetHash } from '../core/labels.ts';
import { nearestNames } from '../core/nearest-names.ts';
import { readLabelFile } from '../node/label-file.ts';
import { BrokenSamples } from './broken-samples.ts';
import { classFolderSplits, readClassFolders } from './class-folders.ts';
import type { Dataset } from './dataset.ts';
import { type DatasetKind, type DatasetOptions, syntheticMark } from './dataset-kind.ts';
import { folderSplits } from './folder-splits.ts';
import { type LabelTable, labelTableName, readLabelTable } from './label-table.ts';
import { ListedDataset, type ListedItem } from './listed-dataset.ts';

/** Names of labels, one a line, in class order. */
const labelFileName = 'labels.txt';

/** A plain folder of one's own pictures and videos. */
export const folder: DatasetKind = {
  name: 'folder',
  title: 'a plain folder of pictures and videos, with labels.csv or a folder for each class',
  layout: `${labelTableName}, or class folders: train/<label>/<file>`,
  detect: async (root) =>
    existsSync(join(root, labelTableName)) || (await classFolderSplits(root)).length > 0,
  open: openFolder,
};

/**
 * Opens a plain folder of pictures and videos:
 *
 *     labels.csv                            a row a sample: file,labels[,split][,group][,frame] (see `readLabelTable`)
 *     labels.txt                            optional: the labels, one a line, in class order
 *     (any files)
 *
 * or, where there is no `labels.csv`, with a single label a sample (see `readClassFolders`):
 *
 *     {train,val,test}/<label>/<file>       one to three of the splits
 *     labels.txt                            optional, as above
 *
 * Without `labels.txt` the labels are the names that occur, sorted by code units. A video without a key frame is
 * labelled as a whole. What is a picture and what a video is told by the first bytes.
 *
 * @throws UserError naming what is not so: a row, a class folder without files, a label that labels.txt lacks
 * @example const pets = await openFolder('pets'); const train = await pets.samples('train');
 */
export async function openFolder(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  const place = resolve(root);
  const broken = new BrokenSamples(options.skipBroken ?? false);
  const table = existsSync(join(place, labelTableName))
    ? await readLabelTable(place, broken)
    : await classTable(place, broken);
  const names = await labelNames(place, table);
  const index = new Map(names.map((name, i) => [name, i]));
  const items = table.rows.flatMap((row): ListedItem[] => {
    const { file, split, frame, group } = row;
    const id = frame === undefined ? file : `${file}/${String(frame).padStart(5, '0')}`;
    const unknown = row.labels.find((label) => !index.has(label));
    if (unknown !== undefined) {
      broken.report(id, unknownLabel(`${row.where} needs labels of ${labelFileName}`, unknown, names));
      return [];
    }
    const labels = row.labels.flatMap((label) => index.get(label) ?? []);
    return [{ id, file, split, labels, frame, group }];
  });
  const hash = await labelSetHash({ names });
  return new ListedDataset(
    {
      name: existsSync(join(place, syntheticMark)) ? 'synthetic-folder' : 'folder',
      root: place,
      // Two folders with the same labels ask the same question.
      space: { name: `folder-${hash.slice(0, 8)}`, task: table.task, names, codes: [] },
      splits: table.splits,
      items,
    },
    broken,
    options,
  );
}

async function classTable(root: string, broken: BrokenSamples): Promise<LabelTable> {
  const files = await readClassFolders(root, broken);
  const occurring = new Set(files.map(({ split }) => split));
  return {
    task: 'single-label',
    splits: folderSplits.filter((split) => occurring.has(split)),
    rows: files.map(({ file, split, label }) => ({
      where: join(root, split, label),
      file,
      split,
      labels: [label],
      group: undefined,
      frame: undefined,
    })),
  };
}

async function labelNames(root: string, { rows }: LabelTable): Promise<readonly string[]> {
  const path = join(root, labelFileName);
  if (existsSync(path)) return (await readLabelFile(path)).names;
  return [...new Set(rows.flatMap(({ labels }) => labels))].sort();
}

function unknownLabel(rule: string, name: string, names: readonly string[]): UserError {
  const near = nearestNames(name, names);
  return new UserError(rule, {
    received: quoted(name),
    remedy: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'add it there, or correct it',
  });
}
