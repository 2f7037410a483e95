import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { usageError } from '../core/errors.ts';
import { renameSynced, syncFolder, unlessAbsent } from './disk.ts';
import { type FolderKind, ownEntries } from './owned-folder.ts';
import { openSwap, recoverSwap, swapIn } from './swap.ts';
import { withTemporary } from './temporary.ts';

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
      const made = await openSwap(temporary);
      await fill(made);
      await syncFolder(made);
      if (isNew) await renameSynced(made, place);
      else await replaceContent(place, temporary, made, kind);
    },
    isNew ? undefined : place,
  );
}

/** Moves what is ours out of `place`, and what is in the temporary there instead. */
async function replaceContent(
  place: string,
  temporary: string,
  made: string,
  kind?: FolderKind,
): Promise<void> {
  const out = await ownEntries(place, kind);
  const paths = await filesIn(made);
  await requireRoom(place, paths, out);
  // The mark goes first and comes last: what is between is nobody's bundle.
  const isMark = (path: string) => path === kind?.mark;
  await swapIn(place, temporary, {
    out,
    in: [...paths.filter((path) => !isMark(path)), ...paths.filter(isMark)],
  });
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
      const found = await lstat(join(place, path)).catch(unlessAbsent);
      if (!found) break;
      if (depth < parts.length && found.isDirectory()) continue;
      throw usageError(`${join(place, path)} is in the way`, {
        received: 'a file or folder that this command did not make',
        remedy: 'move it, or give another folder with --out',
      });
    }
  }
}

/**
 * Tidies up after a process that was killed while it wrote this folder: what it was filling goes, and what it had
 * begun to replace is put back.
 *
 * @throws UserError when that fails; the next run can try again
 */
export async function recoverFolder(target: string): Promise<void> {
  const place = await realpath(target).catch(() => resolve(target));
  await recoverSwap(place, dirname(place));
  await recoverSwap(place, place);
}
