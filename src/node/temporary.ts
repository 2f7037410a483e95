import { createHash, randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf, UserError } from '../core/errors.ts';
import { makeFolder } from './disk.ts';

/** How the temporaries for a target begin. File systems take names of up to 255 bytes. */
function temporaryStart(target: string): string {
  const name = basename(target);
  const isLong = Buffer.byteLength(name) > 200;
  return `.${isLong ? createHash('sha256').update(name).digest('hex') : name}.`;
}

/** Hidden, and told by its name from what others put there: see `isTemporary`. */
const temporaryName = (target: string) =>
  `${temporaryStart(target)}${process.pid}-${randomBytes(4).toString('hex')}.tmp`;

/** Whether a name is one of those that `withTemporary` gives. */
export const isTemporary = (name: string) => /^\..+\.\d+-[0-9a-f]{8}\.tmp$/s.test(name);

/** What people and services end a process with; SIGHUP is a terminal that was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Temporaries being filled now; whatever ends the process takes them with it. */
const unfinished = new Set<string>();

/** Those of them that hold what cannot be had elsewhere. */
const kept = new Set<string>();

/** Leaves a temporary where it is, for the next run. */
export function keepTemporary(temporary: string): void {
  kept.add(temporary);
}

/** Milliseconds in which writes already handed to the thread pool, or to a child process, come to an end. */
const settling = 50;

function removeUnfinished(): void {
  // What was under way a moment ago can make a folder anew behind our back: look again until it stays away.
  for (let attempt = 0; attempt < 20; attempt++) {
    const left = [...unfinished].filter((path) => !kept.has(path) && existsSync(path));
    if (left.length === 0 && attempt > 0) return;
    for (const path of left) {
      try {
        rmSync(path, { recursive: true, force: true });
      } catch {
        // It is tried again; and what ends the process is not to be hidden by this.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, settling);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  // Others who listen decide what becomes of the process: while it lives, the work goes on. A listener of ours must not
  // keep alive a process that nobody else wants to keep alive.
  if (process.listenerCount(signal) > 1) return;
  removeUnfinished();
  process.removeListener(signal, onSignal);
  process.kill(process.pid, signal);
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
    // First, to be counted together with those that listen once.
    for (const signal of signals) process.prependListener(signal, onSignal);
  }
  unfinished.add(temporary);
  try {
    await makeFolder(parent);
    await work(temporary);
  } catch (error) {
    throw writeError(error, target);
  } finally {
    // What cannot be removed was never made, and the error worth telling is the first.
    if (!kept.delete(temporary)) await rm(temporary, { recursive: true, force: true }).catch(() => {});
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
  const start = temporaryStart(target);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.startsWith(start) && isTemporary(`.x.${name.slice(start.length)}`))
    .filter((name) => !isAlive(Number.parseInt(name.slice(start.length), 10), name))
    .map((name) => join(folder, name));
}

function isAlive(pid: number, temporary: string): boolean {
  // In a container, process ids come again.
  if (pid === process.pid) return [...unfinished].some((path) => basename(path) === temporary);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const refusals = new Set([
  'EACCES',
  'EBUSY',
  'EEXIST',
  'EFBIG',
  'EIO',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ENOTEMPTY',
  'EPERM',
  'EROFS',
  'ESTALE',
  'EXDEV',
]);

/** Turns the file system's refusals into errors for the person at the keyboard; anything else passes as it is. */
export function writeError(error: unknown, target: string): unknown {
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
