import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quoted, UserError } from '../core/errors.ts';
import { isFolder } from './a2d/a2d-splits.ts';
import { BrokenSamples } from './broken-samples.ts';
import type { Dataset } from './dataset.ts';
import { type DatasetKind, type DatasetOptions, syntheticMark } from './dataset-kind.ts';
import { ListedDataset, type ListedItem } from './listed-dataset.ts';
import { readLines } from './text-lines.ts';
import { holdOut } from './validation-share.ts';

/**
 * The 40 actions in the order of the release's `ImageSplits/actions.txt`, which is that of the alphabet but for
 * phoning. Names are spelt as there.
 */
export const stanford40Actions = [
  'applauding',
  'blowing_bubbles',
  'brushing_teeth',
  'cleaning_the_floor',
  'climbing',
  'cooking',
  'cutting_trees',
  'cutting_vegetables',
  'drinking',
  'feeding_a_horse',
  'fishing',
  'fixing_a_bike',
  'fixing_a_car',
  'gardening',
  'holding_an_umbrella',
  'jumping',
  'looking_through_a_microscope',
  'looking_through_a_telescope',
  'playing_guitar',
  'playing_violin',
  'pouring_liquid',
  'pushing_a_cart',
  'reading',
  'phoning',
  'riding_a_bike',
  'riding_a_horse',
  'rowing_a_boat',
  'running',
  'shooting_an_arrow',
  'smoking',
  'taking_photos',
  'texting_message',
  'throwing_frisby',
  'using_a_computer',
  'walking_the_dog',
  'washing_dishes',
  'watching_TV',
  'waving_hands',
  'writing_on_a_board',
  'writing_on_a_book',
] as const;

/** Stanford 40 Actions. */
export const stanford40: DatasetKind = {
  name: 'stanford-40',
  title: 'Stanford 40 Actions: 9532 pictures, one of 40 actions each (Yao et al. 2011)',
  layout: 'ImageSplits/{train,test}.txt and JPEGImages/',
  detect: async (root) =>
    existsSync(join(root, 'ImageSplits', 'actions.txt')) ||
    existsSync(join(root, 'ImageSplits', 'train.txt')),
  open: openStanford40,
};

/** `JPEGImages/<action>_<number>.jpg`. */
const pictureName = /^(.+)_\d+\.jpg$/;

/**
 * Opens Stanford 40 Actions (Yao, Jiang, Khosla, Lin, Guibas, Fei-Fei: Human Action Recognition by Learning Bases of
 * Action Attributes and Parts, ICCV 2011), single-label, in the layout of its release:
 *
 *     JPEGImages/<action>_<number>.jpg
 *     ImageSplits/{train,test}.txt          a file name a line; 100 of each action in train
 *     ImageSplits/<action>_{train,test}.txt the same by action; not read
 *     ImageSplits/actions.txt               optional: a header, then an action and its number of pictures a line
 *     XMLAnnotations/<action>_<number>.xml  optional, not read: a box around the person
 *
 * (as public loaders of it read it). The release has no validation split: `val` is a tenth of its training pictures,
 * the same number of each action, and `train` is the rest – 3600, 400 and 5532 pictures, as in the reports.
 *
 * @throws UserError where a list or the pictures are missing, or naming the line that is no picture of one of the
 *   actions or is repeated, unless broken samples are skipped
 * @example const stanford = await openStanford40('Stanford40'); const train = await stanford.samples('train');
 */
export async function openStanford40(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  const place = resolve(root);
  const broken = new BrokenSamples(options.skipBroken ?? false);
  if (!(await isFolder(join(place, 'JPEGImages')))) {
    throw new UserError('Stanford 40 Actions has its pictures in JPEGImages', {
      received: `${place}, which has no such folder`,
      remedy: 'unpack Stanford40_JPEGImages.zip there',
    });
  }
  const names = await readActions(place);
  const seen = new Map<string, string>();
  const read = (split: string) => readSplit(place, split, names, seen, broken);
  const official = await read('train');
  const test = await read('test');
  return new ListedDataset(
    {
      name: existsSync(join(place, syntheticMark)) ? 'synthetic-stanford-40' : 'stanford-40',
      root: place,
      space: { name: 'stanford-40', task: 'single-label', names, codes: [] },
      splits: ['train', 'val', 'test'],
      items: [...holdOut(official), ...test],
    },
    broken,
    options,
  );
}

/** The actions in the order of the release's own list, where it is there. */
async function readActions(root: string): Promise<readonly string[]> {
  const path = join(root, 'ImageSplits', 'actions.txt');
  if (!existsSync(path)) return stanford40Actions;
  const [, ...lines] = await readLines(path);
  const names = lines.map(({ text }) => text.split(/\s+/)[0]);
  const other = names.find((name, i) => names.indexOf(name) !== i || !isAction(name));
  if (other !== undefined || names.length !== stanford40Actions.length) {
    throw new UserError(`${path} must have a header and then each of the 40 actions once`, {
      received: other === undefined ? `${names.length} of them` : `the line ${quoted(other)}`,
      remedy: 'take the release’s own',
    });
  }
  return names;
}

function isAction(name: string): boolean {
  return stanford40Actions.some((action) => action === name);
}

async function readSplit(
  root: string,
  split: string,
  names: readonly string[],
  seen: Map<string, string>,
  broken: BrokenSamples,
): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  for (const { text, where } of await readLines(join(root, 'ImageSplits', `${split}.txt`))) {
    const [, action = ''] = pictureName.exec(text) ?? [];
    const label = names.indexOf(action);
    const before = seen.get(text);
    if (label < 0) {
      const rule = `${where} needs <action>_<number>.jpg with one of the 40 actions`;
      broken.report(text, new UserError(rule, { received: quoted(text) }));
    } else if (before !== undefined) {
      const received = `${text}, as ${before} does`;
      broken.report(`${text} again`, new UserError(`${where} repeats a picture`, { received }));
    } else {
      seen.set(text, where);
      items.push({ id: text, file: `JPEGImages/${text}`, split, labels: [label] });
    }
  }
  return items;
}
