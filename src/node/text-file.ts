import { readFile } from 'node:fs/promises';
import { decodeText } from '../core/text.ts';

/**
 * A text file's content, decoded strictly: see `decodeText`.
 *
 * @throws UserError where it is not in UTF-8; Node's error where it cannot be read
 */
export async function readText(path: string): Promise<string> {
  return decodeText(await readFile(path), path);
}
