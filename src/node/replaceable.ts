import { stat } from 'node:fs/promises';
import { usageError } from '../core/errors.ts';

/**
 * Checks that what is to be written is none of the files and folders that it is made from, by whatever names.
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
        remedy: `give another name with ${flag}`,
      });
    }
  }
}
