import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { isFolder } from './a2d/a2d-splits.ts';
import { BrokenSamples } from './broken-samples.ts';
import type { Dataset } from './dataset.ts';
import { type DatasetKind, type DatasetOptions, syntheticMark } from './dataset-kind.ts';
import { ListedDataset, type ListedItem } from './listed-dataset.ts';
import { holdOut } from './validation-share.ts';

/** The four interactions, in class order. */
export const tvHiClasses = ['handShake', 'highFive', 'hug', 'kiss'] as const;

export type TvHiClass = (typeof tvHiClasses)[number];

/** Videos of each class, numbered from 1. */
export const tvHiVideos = 50;

/**
 * The numbers of the videos in the authors' first set, half of each class, from the page of the data set
 * (https://www.robots.ox.ac.uk/~alonso/tv_human_interactions.html); all others are in the second set.
 */
const firstSet: Readonly<Record<TvHiClass, readonly number[]>> = {
  handShake: [
    2, 14, 15, 16, 18, 19, 20, 21, 24, 25, 26, 27, 28, 32, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50,
  ],
  highFive: [1, 6, 7, 8, 9, 10, 11, 12, 13, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33, 34, 35, 44, 45, 47, 48],
  hug: [2, 3, 4, 11, 12, 15, 16, 17, 18, 20, 21, 27, 29, 30, 31, 32, 33, 34, 35, 36, 42, 44, 46, 49, 50],
  kiss: [1, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 22, 23, 24, 26, 29, 31, 35, 36, 38, 39, 40, 41, 42],
};

/** The folder of the release's videos. */
export const tvHiFolder = 'tv_human_interactions_videos';

const videoName = /^(handShake|highFive|hug|kiss|negative)_\d{4}\.avi$/;

/** TV Human Interactions. */
export const tvHi: DatasetKind = {
  name: 'tv-hi',
  title: 'TV Human Interactions: 200 videos, one of four interactions each (Patron-Perez et al. 2010)',
  layout: `${tvHiFolder}/{${tvHiClasses.join(',')}}_<number>.avi`,
  detect: async (root) => (await videoFolder(root)) !== null,
  open: openTvHi,
};

/** `handShake_0001`: a video's name, and the sample's. */
export function tvHiName(label: string, number: number): string {
  return `${label}_${String(number).padStart(4, '0')}`;
}

/** Whether a video is in the authors' first set, which is tested on, or in the second, which is trained on. */
export function isTestVideo(label: TvHiClass, number: number): boolean {
  return firstSet[label].includes(number);
}

/**
 * Opens TV Human Interactions (Patron-Perez, Marszalek, Zisserman, Reid: High Five: Recognising human interactions in
 * TV shows, BMVC 2010), single-label, each sample a whole video, in the layout of its release:
 *
 *     tv_human_interactions_videos/{handShake,highFive,hug,kiss}_{0001…0050}.avi
 *     tv_human_interactions_videos/negative_{0001…0100}.avi    without an interaction; not read
 *
 * The authors halve each class into two sets. As in the reports, the first is `test`, and of the second a tenth, with
 * the classes in proportion, is `val` and the rest `train`: 100, 10 and 90 videos.
 *
 * @param root the folder that holds `tv_human_interactions_videos/`, or that folder itself
 * @throws UserError where there are no videos, or naming those of the 200 that are missing, unless broken samples are
 *   skipped. A synthetic set may have fewer
 * @example const interactions = await openTvHi('TV-HI'); const test = await interactions.samples('test');
 */
export async function openTvHi(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  const folder = await videoFolder(resolve(root));
  if (!folder) {
    throw new UserError(`TV Human Interactions has its videos in ${tvHiFolder}`, {
      received: `${root}, which has none`,
    });
  }
  const broken = new BrokenSamples(options.skipBroken ?? false);
  const isSynthetic = existsSync(join(folder, '..', syntheticMark));
  const present = new Set(await readdir(folder));
  const items: ListedItem[] = [];
  for (const [index, label] of tvHiClasses.entries()) {
    for (let number = 1; number <= tvHiVideos; number++) {
      const id = tvHiName(label, number);
      const split = isTestVideo(label, number) ? 'test' : 'train';
      if (present.has(`${id}.avi`)) items.push({ id, file: `${id}.avi`, split, labels: [index] });
      else if (!isSynthetic) {
        const remedy = 'unpack the whole of the release';
        broken.report(id, new UserError(`there is no video ${join(folder, `${id}.avi`)}`, { remedy }));
      }
    }
  }
  const official = items.filter(({ split }) => split === 'train');
  const test = items.filter(({ split }) => split === 'test');
  return new ListedDataset(
    {
      name: isSynthetic ? 'synthetic-tv-hi' : 'tv-hi',
      root: folder,
      space: { name: 'tv-hi', task: 'single-label', names: tvHiClasses, codes: [] },
      splits: ['train', 'val', 'test'],
      items: [...holdOut(official), ...test],
    },
    broken,
    options,
  );
}

/** The folder with the videos: one of its name, or one that has any of them. */
async function videoFolder(root: string): Promise<string | null> {
  const inside = join(root, tvHiFolder);
  if (await isFolder(inside)) return inside;
  if (basename(resolve(root)) === tvHiFolder && (await isFolder(root))) return root;
  const names = await readdir(root).catch(() => []);
  return names.some((name) => videoName.test(name)) ? root : null;
}
