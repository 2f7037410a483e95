import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../core/errors.ts';
import { syncPath, withTemporary } from './temporary.ts';

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
    await rename(temporary, target);
    await syncPath(dirname(target));
  });
}

/**
 * Writes a file and another that it cannot do without, such as a graph and its weights. Both are written and flushed
 * before either is put in place; an older `path` goes first, so that nobody ever sees it with the new `companion`.
 *
 * @throws UserError as `writeFileAtomic`; the old files are then untouched
 */
export async function writePairAtomic(
  [path, data]: readonly [path: string, data: Iterable<Uint8Array>],
  [companion, content]: readonly [path: string, data: Iterable<Uint8Array>],
): Promise<void> {
  const [target, other] = [resolve(path), resolve(companion)];
  await withTemporary(other, (first) =>
    withTemporary(target, async (second) => {
      await writeSynced(first, content);
      await writeSynced(second, data);
      for (const place of [target, other]) await requireFile(place);
      await rm(target, { force: true });
      await rename(first, other);
      await rename(second, target);
      await syncPath(dirname(target));
    }),
  );
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
