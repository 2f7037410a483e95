import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { filesIn } from '../node/atomic-folder.ts';
import type { BrokenSamples } from './broken-samples.ts';
import { folderSplits } from './folder-splits.ts';

/** A file in a class folder. */
export interface ClassFile {
  /** Its path in the data set's folder. */
  readonly file: string;
  readonly split: string;
  readonly label: string;
}

/** Names of files that are samples; what else lies in a class folder, such as notes or previews, is none. */
const mediaNames =
  /\.(jpe?g|png|webp|avif|gif|tiff?|svg|mp4|m4v|mov|avi|mkv|webm|mpe?g|wmv|flv|ogv|3gp|ts)$/i;

/** The split folders that have folders in them. */
export async function classFolderSplits(root: string): Promise<string[]> {
  const counts = await Promise.all(
    folderSplits.map(async (split) => (await foldersIn(join(root, split))).length),
  );
  return folderSplits.filter((_, i) => counts[i] > 0);
}

/**
 * The files of class folders, `<split>/<label>/<file>` as torchvision's ImageFolder has them for each split: files at
 * any depth of a label's folder, sorted. Files and folders whose names begin with a dot, files that are neither
 * pictures nor videos by their names, and folders beside the splits' are left alone.
 *
 * @throws UserError naming a class folder that holds no picture or video, unless broken samples are skipped
 */
export async function readClassFolders(root: string, broken: BrokenSamples): Promise<ClassFile[]> {
  const found: ClassFile[] = [];
  for (const split of await classFolderSplits(root)) {
    for (const label of await foldersIn(join(root, split))) {
      const folder = join(root, split, label);
      const names = (await filesIn(folder)).filter((name) => !isHidden(name) && mediaNames.test(name));
      if (names.length === 0) {
        broken.report(
          `${split}/${label}`,
          new UserError('a class folder must hold pictures or videos', {
            received: `${folder}, which has none`,
            remedy: `put some into it, or remove it; they are known by their names: ${knownNames}`,
          }),
        );
      }
      for (const name of names) found.push({ file: `${split}/${label}/${name}`, split, label });
    }
  }
  return found;
}

const knownNames = '.jpg, .png, .webp, .mp4, .avi, …';

const isHidden = (path: string) => path.split('/').some((part) => part.startsWith('.'));

/** Sorted by code units, as Python sorts: torchvision's order of classes. */
async function foldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && !isHidden(entry.name))
    .map(({ name }) => name)
    .sort();
}
