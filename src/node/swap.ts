import { lstatSync, mkdirSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';
import { syncNames, syncNamesNow, unlessAbsent } from './disk.ts';
import { isInside } from './owned-folder.ts';
import { keepTemporary, orphansOf, writeError } from './temporary.ts';

/**
 * What is moved out of a folder and into it, by path with `/` between. Written down before it begins, for whoever finds
 * it half done. The first that goes and the last that comes is what makes a reader believe in the others.
 */
interface Swap {
  readonly out: readonly string[];
  readonly in: readonly string[];
}

const swapFile = 'swap.json';

/** Where a temporary folder for a swap keeps what is to come and what has gone. */
const roomsOf = (temporary: string) => ({ made: join(temporary, 'new'), old: join(temporary, 'old') });

/** Makes a temporary folder for a swap. @returns where in it to put what is to come */
export async function openSwap(temporary: string): Promise<string> {
  const { made } = roomsOf(temporary);
  await mkdir(temporary);
  await mkdir(made);
  return made;
}

/**
 * Moves what is listed out of `folder`, and what was put into the temporary there instead: all of it or, when it fails,
 * nothing. What is to come has to be on the disk already.
 *
 * @throws UserError that says where the old files are, when it fails and they cannot be put back, either; the next run
 *   can try again
 */
export async function swapIn(folder: string, temporaryPath: string, swap: Swap): Promise<void> {
  const [place, temporary] = await Promise.all([realpath(folder), realpath(temporaryPath)]);
  await writeFile(join(temporary, swapFile), JSON.stringify(swap), { flush: true });
  await syncNames(temporary);
  await syncNames(dirname(temporary));
  // Without a pause, in which a signal could end the process: only SIGKILL can, and the next run undoes that.
  try {
    for (const { paths, from, to } of stagesOf(swap, place, temporary)) {
      for (const path of paths) move(path, from, to);
      syncNamesNow([temporary, ...foldersOf(to, paths), ...foldersOf(from, paths)]);
    }
  } catch (error) {
    try {
      undo(swap, place, temporary);
    } catch (cause) {
      keepTemporary(temporaryPath);
      throw new UserError(`${place} could not be put back as it was`, {
        received: reasonOf(cause),
        remedy: `run the command again, which tries it again first; until then its files are in ${join(temporary, 'old')}`,
        cause,
      });
    }
    throw error;
  }
}

/** Each is on the disk before the next begins: nothing comes before all has gone, and readers see all or none. */
function stagesOf(swap: Swap, place: string, temporary: string) {
  const { made, old } = roomsOf(temporary);
  const stages = [
    { paths: swap.out.slice(0, 1), from: place, to: old },
    { paths: swap.out.slice(1), from: place, to: old },
    { paths: swap.in.slice(0, -1), from: made, to: place },
    { paths: swap.in.slice(-1), from: made, to: place },
  ];
  return stages.filter(({ paths }) => paths.length > 0);
}

/** The root and the folders in it that lead to these paths. */
function foldersOf(root: string, paths: readonly string[]): Set<string> {
  const folders = new Set([root]);
  for (const path of paths) {
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent))
      folders.add(join(root, parent));
  }
  return folders;
}

/** Moves a file or folder from one place to the same path in another, and takes folders along that this empties. */
function move(path: string, from: string, to: string): void {
  const parent = dirname(join(from, path));
  if (realpathSync(parent) !== parent) throw new Error(`${join(from, path)} lies behind a link`);
  mkdirSync(dirname(join(to, path)), { recursive: true });
  renameSync(join(from, path), join(to, path));
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(join(from, folder));
    } catch {
      return;
    }
  }
}

/** Puts everything back. It can be stopped anywhere, and begun again. */
function undo(swap: Swap, place: string, temporary: string): void {
  const { old } = roomsOf(temporary);
  // What has the name of something old is new only where that has gone.
  const isNew = (path: string) => {
    const namesake = swap.out.find((own) => path === own || path.startsWith(`${own}/`));
    return namesake === undefined || isThere(join(old, namesake));
  };
  for (const { paths, from, to } of stagesOf(swap, place, temporary).reverse()) {
    for (const path of [...paths].reverse()) {
      if (isThere(join(to, path)) && (to === old || isNew(path))) move(path, to, from);
    }
    syncNamesNow([temporary, ...foldersOf(to, paths), ...foldersOf(from, paths)]);
  }
  // Before anything else of the temporary goes: from now on there is nothing to put back.
  rmSync(join(temporary, swapFile));
  syncNamesNow([temporary]);
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Tidies up after a process that was killed while it wrote `target`: what it was filling goes, and what it had begun to
 * replace in `folder` is put back.
 *
 * @throws UserError when that fails; the next run can try again
 */
export async function recoverSwap(target: string, folder: string): Promise<void> {
  const place = await realpath(folder).catch(() => folder);
  try {
    for (const temporary of await orphansOf(target, place)) {
      const swap = await readSwap(temporary);
      const { made } = roomsOf(temporary);
      if (swap?.in.some((path) => isThere(join(made, path)))) undo(swap, place, temporary);
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    throw writeError(error, target);
  }
}

/** Null where nothing had been moved yet, or where the file is none of ours. @throws where it cannot be read */
async function readSwap(temporary: string): Promise<Swap | null> {
  const text = await readFile(join(temporary, swapFile), 'utf8').catch(unlessAbsent);
  try {
    const swap: Swap = JSON.parse(text ?? '');
    return [...swap.out, ...swap.in].every(isInside) ? swap : null;
  } catch {
    return null;
  }
}
