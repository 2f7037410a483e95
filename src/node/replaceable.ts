import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from '../core/errors.ts';

/**
 * Checks that a folder may be replaced as a whole: it holds an older one of its kind, is empty, or not there.
 *
 * @param mark the file that every folder of the kind has
 * @param what the kind, for the error: "a bundle"
 * @throws UserError (exit 2) where it holds something else
 */
export async function requireReplaceable(folder: string, mark: string, what: string): Promise<void> {
  const content = await readdir(resolve(folder)).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw usageError(`${what} needs a folder`, { received: `${folder}, which is not one` });
  });
  if (content.length > 0 && !content.includes(mark)) {
    throw usageError(`${what} needs a folder of its own`, {
      received: `${folder}, which holds other files`,
      remedy: 'give another with --out',
    });
  }
}

/**
 * Checks that what is to be written is none of the files that it is made from, by whatever names.
 *
 * @param flag that named it
 * @throws UserError (exit 2) where it is one of them
 */
export async function requireOther(path: string, sources: readonly string[], flag: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  for (const source of found ? sources : []) {
    const other = await stat(source).catch(() => null);
    if (other?.ino === found?.ino && other?.dev === found?.dev) {
      throw usageError(`${flag} would replace what it is made from`, {
        received: path,
        remedy: 'give the name of another file',
      });
    }
  }
}
