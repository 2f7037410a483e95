import { UserError } from '../core/errors.ts';
import { readText } from '../node/text-file.ts';

/** A line of a text file without spaces around it, and what errors call it. */
export interface TextLine {
  readonly text: string;
  readonly where: string;
}

/** A text file's lines; empty ones are left out. @throws UserError naming a file that cannot be read or is not in UTF-8 */
export async function readLines(path: string): Promise<TextLine[]> {
  const content = await readText(path).catch((error) => {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${path}`, { received: (error as NodeJS.ErrnoException).code });
  });
  return content
    .split(/\r?\n/)
    .map((text, index) => ({ text: text.trim(), where: `${path} line ${index + 1}` }))
    .filter(({ text }) => text !== '');
}
