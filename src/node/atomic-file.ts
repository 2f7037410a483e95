import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Temporaries being filled now; whatever ends the process takes them with it. */
const unfinished = new Set<string>();

/** Milliseconds in which writes already handed to the thread pool, or to a child process, come to an end. */
const settling = 50;

function removeUnfinished(): void {
  // What was under way a moment ago can make a folder anew behind our back: look again until it stays away.
  for (let attempt = 0; attempt < 20; attempt++) {
    const left = [...unfinished].filter((path) => existsSync(path));
    if (left.length === 0 && attempt > 0) return;
    for (const path of left) rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
    if (unfinished.size > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settling);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  removeUnfinished();
  // A listener of ours must not keep alive a process that nobody else wants to keep alive.
  if (process.listenerCount(signal) === 1) {
    process.removeListener(signal, onSignal);
    process.kill(process.pid, signal);
  }
}

/** Runs `work` on a temporary sibling of `target`, and removes it again unless it was renamed into place. */
async function withTemporary(target: string, work: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`,
  );
  if (unfinished.size === 0) {
    process.on('exit', removeUnfinished);
    for (const signal of signals) process.on(signal, onSignal);
  }
  unfinished.add(temporary);
  try {
    await mkdir(dirname(target), { recursive: true });
    await work(temporary);
  } catch (error) {
    // What cannot be removed was never made; the error worth telling is the first.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw writeError(error, target);
  } finally {
    unfinished.delete(temporary);
    if (unfinished.size === 0) {
      process.removeListener('exit', removeUnfinished);
      for (const signal of signals) process.removeListener(signal, onSignal);
    }
  }
}

const refusals = new Set(['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST']);

/** Turns the file system's refusals into errors for the person at the keyboard; anything else passes as it is. */
function writeError(error: unknown, target: string): unknown {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError(`the disk is full: ${target} was not written`, {
      remedy: 'free some space and run the command again',
      cause: error,
    });
  }
  if (code !== undefined && refusals.has(code)) {
    return new UserError(`cannot write ${target}`, {
      received: reasonOf(error),
      remedy: 'choose a place that can be written',
      cause: error,
    });
  }
  return error;
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Files flushed at once: a file system commits many together for the price of one. */
const syncsAtOnce = 8;

/** Flushes a folder's files and the folders themselves. */
async function syncFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isDirectory() || entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  let next = 0;
  const lane = async () => {
    while (next < paths.length) await syncPath(paths[next++]);
  };
  await Promise.all(Array.from({ length: syncsAtOnce }, lane));
  await syncPath(folder);
}

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

/**
 * Makes a folder that is either complete or absent. `fill` writes into a temporary sibling, which is flushed and
 * renamed into place; an existing target is replaced only once the new one is complete. When `fill` fails, or on
 * SIGINT and SIGTERM, the temporary is removed.
 *
 * @param own what an older folder of the kind may have been given by us, by name; all else in it is kept
 * @throws UserError when the disk is full or the place cannot be written; otherwise whatever `fill` throws
 */
export async function writeFolderAtomic(
  target: string,
  fill: (temporary: string) => Promise<void>,
  own?: readonly string[],
): Promise<void> {
  const place = resolve(target);
  await withTemporary(place, async (temporary) => {
    await mkdir(temporary);
    await fill(temporary);
    await syncFolder(temporary);
    if (await stat(place).catch(() => null)) await replaceFolder(place, temporary, own);
    else await rename(temporary, place);
    await syncPath(dirname(place));
  });
}

/** Folders cannot be renamed over one another, so the old one steps aside and comes back if the new one cannot. */
async function replaceFolder(place: string, temporary: string, own?: readonly string[]): Promise<void> {
  const aside = `${temporary}.old`;
  await rename(place, aside);
  try {
    await rename(temporary, place);
  } catch (error) {
    await rename(aside, place);
    throw error;
  }
  const made = await readdir(place);
  const kept = own
    ? (await readdir(aside)).filter((name) => !own.includes(name) && !made.includes(name))
    : [];
  for (const name of kept) await rename(join(aside, name), join(place, name));
  await rm(aside, { recursive: true, force: true });
}
