import { lstatSync, mkdirSync, realpathSync, renameSync, rmdirSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { reasonOf, UserError, usageError } from '../core/errors.ts';
import { type FolderKind, isInside, ownEntries } from './owned-folder.ts';
import { orphansOf, syncFolder, syncPath, withTemporary } from './temporary.ts';

/**
 * Makes a folder that is either complete or absent. `fill` writes into a temporary, which is flushed and renamed into
 * place. Where a folder of the kind is there already it stays where it is, be it the current one, a link's or a mounted
 * one: what is ours in it makes room for the new once that is complete, and everything else is left alone. When `fill`
 * fails, or on SIGINT and SIGTERM, the temporary is removed.
 *
 * @param kind of folder that may be replaced; without one, nothing may be there
 * @throws UserError when the place is somebody else's (exit 2), the disk is full or it cannot be written; otherwise
 *   whatever `fill` throws. The old folder is then as it was
 */
export async function writeFolderAtomic(
  target: string,
  fill: (temporary: string) => Promise<void>,
  kind?: FolderKind,
): Promise<void> {
  const place = await realpath(target).catch(() => resolve(target));
  await recoverFolder(place);
  await ownEntries(place, kind);
  const isNew = !(await stat(place).catch(() => null));
  await withTemporary(
    place,
    async (temporary) => {
      const made = join(temporary, 'new');
      await mkdir(temporary);
      await mkdir(made);
      await fill(made);
      await syncFolder(made);
      if (!isNew) return replaceContent(place, temporary, kind);
      await rename(made, place);
      await syncPath(dirname(place));
    },
    isNew ? undefined : place,
  );
}

/** What is moved out of a folder and into it, by path. Written down before it begins, for whoever finds it half done. */
interface Swap {
  readonly out: readonly string[];
  readonly in: readonly string[];
}

const swapFile = 'swap.json';

/** Moves what is ours out of `place` into `<temporary>/old`, and what is in `<temporary>/new` there instead. */
async function replaceContent(place: string, temporary: string, kind?: FolderKind): Promise<void> {
  const out = await ownEntries(place, kind);
  const made = await filesIn(join(temporary, 'new'));
  await requireRoom(place, made, out);
  // The mark goes first and comes last: what is between is nobody's bundle.
  const last = made.filter((path) => path === kind?.mark);
  const swap: Swap = { out, in: [...made.filter((path) => path !== kind?.mark), ...last] };
  await writeFile(join(temporary, swapFile), JSON.stringify(swap), { flush: true });
  await syncPath(temporary);
  // Without a pause, in which a signal could end the process: only SIGKILL can, and the next run undoes that.
  try {
    for (const path of swap.out) move(path, place, join(temporary, 'old'));
    for (const path of swap.in) move(path, join(temporary, 'new'), place);
  } catch (error) {
    undo(swap, place, temporary);
    throw error;
  }
  for (const folder of new Set(swap.in.map((path) => dirname(join(place, path))))) await syncPath(folder);
}

/** The files of a folder at any depth, sorted: their paths in it, with `/` between. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
    .sort();
}

/** @throws UserError (exit 2) where something that is not ours has the name of what is to come, or lies in its way */
async function requireRoom(place: string, made: readonly string[], out: readonly string[]): Promise<void> {
  const goes = (path: string) => out.some((own) => path === own || path.startsWith(`${own}/`));
  for (const file of made) {
    const parts = file.split('/');
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join('/');
      if (goes(path)) break;
      const found = await lstat(join(place, path)).catch(() => null);
      if (!found) break;
      if (depth < parts.length && found.isDirectory()) continue;
      throw usageError(`${join(place, path)} is in the way`, {
        received: 'a file or folder that this command did not make',
        remedy: 'move it, or give another folder with --out',
      });
    }
  }
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

/** Puts everything back. @throws UserError that names the place of the old files, where that fails */
function undo(swap: Swap, place: string, temporary: string): void {
  const [made, old] = [join(temporary, 'new'), join(temporary, 'old')];
  try {
    for (const path of [...swap.in].reverse()) {
      if (!isThere(join(made, path)) && isThere(join(place, path))) move(path, place, made);
    }
    for (const path of [...swap.out].reverse()) {
      if (isThere(join(old, path))) move(path, old, place);
    }
  } catch (cause) {
    // Out of the way of whoever removes temporaries.
    const saved = `${temporary}.saved`;
    renameSync(temporary, saved);
    throw new UserError(`${place} could not be put back as it was`, {
      received: reasonOf(cause),
      remedy: `its files are in ${join(saved, 'old')}: move them back`,
      cause,
    });
  }
}

const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Tidies up after a process that was killed while it wrote this folder: what it was filling goes, and what it had
 * begun to replace is put back.
 */
export async function recoverFolder(target: string): Promise<void> {
  const place = await realpath(target).catch(() => resolve(target));
  for (const temporary of await orphansOf(place, dirname(place))) {
    await rm(temporary, { recursive: true, force: true });
  }
  for (const temporary of await orphansOf(place, place)) {
    const swap = await readSwap(temporary);
    const waiting = swap ? await filesIn(join(temporary, 'new')).catch(() => []) : [];
    if (swap && waiting.length > 0) undo(swap, place, temporary);
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Null where nothing had been moved yet, or where the file is none of ours. */
async function readSwap(temporary: string): Promise<Swap | null> {
  try {
    const swap: Swap = JSON.parse(await readFile(join(temporary, swapFile), 'utf8'));
    return [...swap.out, ...swap.in].every(isInside) ? swap : null;
  } catch {
    return null;
  }
}
