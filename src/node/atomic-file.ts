import { lstatSync } from 'node:fs';
import { open, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { renameSynced, syncNames } from './disk.ts';
import { openSwap, recoverSwap, swapIn } from './swap.ts';
import { withTemporary } from './temporary.ts';

/**
 * Writes a file so that a reader sees the old content or the new, never a part: a temporary sibling is written,
 * flushed to the disk and renamed into place. Missing parent folders are made. Of chunks, each is written before the
 * next is asked for.
 *
 * @throws UserError when the disk is full or the place cannot be written; the old file is then untouched
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string | Iterable<Uint8Array>,
): Promise<void> {
  const target = resolve(path);
  await withTemporary(target, async (temporary) => {
    await requireFile(target);
    await writeSynced(temporary, data);
    await renameSynced(temporary, target);
  });
}

/**
 * Writes a file and another beside it that it cannot do without, such as a graph and its weights: both are new or,
 * when that fails, both as they were. An older `path` goes before its companion and a new one comes after it, so that
 * nobody ever sees it with the wrong one; what a killed process leaves half done, `recoverPair` puts back.
 *
 * @throws UserError as `writeFileAtomic`; the old files are then as they were
 */
export async function writePairAtomic(
  [path, data]: readonly [path: string, data: Iterable<Uint8Array>],
  [companion, content]: readonly [path: string, data: Iterable<Uint8Array>],
): Promise<void> {
  const [target, other] = [resolve(path), resolve(companion)];
  await recoverPair(target);
  await withTemporary(target, async (temporary) => {
    for (const place of [target, other]) await requireFile(place);
    const made = await openSwap(temporary);
    await writeSynced(join(made, basename(other)), content);
    await writeSynced(join(made, basename(target)), data);
    await syncNames(made);
    const older = [target, other].filter((place) => lstatSync(place, { throwIfNoEntry: false }));
    await swapIn(dirname(target), temporary, {
      out: older.map((place) => basename(place)),
      in: [basename(other), basename(target)],
    });
  });
}

/**
 * Puts back the pair of files that a killed process had begun to replace: to be called before either is written anew.
 *
 * @throws UserError when that fails; the next run can try again
 */
export async function recoverPair(path: string): Promise<void> {
  await recoverSwap(resolve(path), dirname(resolve(path)));
}

/** Nothing but a file may make room for one, and that has to be known before anything is in place. */
async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found || found.isFile()) return;
  throw new UserError(`cannot write ${path}`, {
    received: found.isDirectory() ? 'a folder of that name' : 'a device, pipe or socket of that name',
    remedy: 'give the name of a file',
  });
}

async function writeSynced(path: string, data: Uint8Array | string | Iterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await writeFile(handle, data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
