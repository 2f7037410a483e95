import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { forEachParallel } from '../core/parallel.ts';

/** What file systems answer that cannot flush a folder, such as some network shares, or that may not open it. */
const unsyncable = new Set([
  'EINVAL',
  'ENOTSUP',
  'EACCES',
  ...(process.platform === 'win32' ? ['EPERM'] : []),
]);

/** Makes a folder and its parents where they are missing: they stay after a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncNames(dirname(made));
}

/** Renames for good: after a power cut, too, the new name holds. */
export async function renameSynced(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncNames(dirname(to));
}

/** Flushes a folder's files and the folders themselves. */
export async function syncFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  await forEachParallel(entries, syncsAtOnce, async (entry) => {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await syncNames(path);
    else if (entry.isFile()) await syncContent(path);
  });
  await syncNames(folder);
}

/** Files flushed at once: a file system commits many together for the price of one. */
const syncsAtOnce = 8;

async function syncContent(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes the names in a folder, where the file system can. */
export async function syncNames(folder: string): Promise<void> {
  await syncContent(folder).catch(unlessUnsyncable);
}

/** The same without a pause, for those of the folders that are there. */
export function syncNamesNow(folders: Iterable<string>): void {
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    try {
      const descriptor = openSync(folder, 'r');
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      unlessUnsyncable(error);
    }
  }
}

function unlessUnsyncable(error: unknown): void {
  if (!unsyncable.has(String((error as NodeJS.ErrnoException).code))) throw error;
}

/** For `catch`: null where there is no such file. Any other error is one, and taken for absence it would do harm. */
export function unlessAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
