import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';

/** Hidden, and told by its name from what others put there: see `isTemporary`. */
const temporaryName = (target: string) =>
  `.${basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;

/** Whether a name is one of those that `withTemporary` gives. */
export const isTemporary = (name: string) => /^\..+\.\d+-[0-9a-f]{8}\.tmp$/.test(name);

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

/**
 * Runs `work` with the path of a temporary, and removes what is there afterwards or when the process is ended.
 *
 * @param target what is written, for the errors
 * @param parent the folder that the temporary is to be in; it is made
 * @throws UserError when the disk is full or the place cannot be written; otherwise what `work` throws
 */
export async function withTemporary(
  target: string,
  work: (temporary: string) => Promise<void>,
  parent = dirname(target),
): Promise<void> {
  const temporary = join(parent, temporaryName(target));
  if (unfinished.size === 0) {
    process.on('exit', removeUnfinished);
    for (const signal of signals) process.on(signal, onSignal);
  }
  unfinished.add(temporary);
  try {
    await mkdir(parent, { recursive: true });
    await work(temporary);
  } catch (error) {
    throw writeError(error, target);
  } finally {
    // What cannot be removed was never made, and the error worth telling is the first.
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    unfinished.delete(temporary);
    if (unfinished.size === 0) {
      process.removeListener('exit', removeUnfinished);
      for (const signal of signals) process.removeListener(signal, onSignal);
    }
  }
}

/**
 * The temporaries for `target` in a folder whose process ended without taking them along, as SIGKILL or a power cut
 * make it: full paths.
 */
export async function orphansOf(target: string, folder: string): Promise<string[]> {
  const start = `.${basename(target)}.`;
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(start) && isTemporary(`.x.${name.slice(start.length)}`))
    .filter((name) => !isAlive(Number.parseInt(name.slice(start.length), 10), join(folder, name)))
    .map((name) => join(folder, name));
}

function isAlive(pid: number, path: string): boolean {
  // In a container, process ids come again.
  if (pid === process.pid) return unfinished.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const refusals = new Set(['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY']);

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

/** Flushes a file, or a folder's list of names. */
export async function syncPath(path: string): Promise<void> {
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
export async function syncFolder(folder: string): Promise<void> {
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
