import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { reasonOf, usageError } from '../core/errors.ts';
import { unlessAbsent } from './disk.ts';
import { isTemporary, writeError } from './temporary.ts';

/**
 * A kind of folder that we write, such as a bundle. A folder is ours only where a mark of ours lies in it, with our
 * content; and in it, only what that mark lists. This is the one rule of all commands that replace anything.
 */
export interface FolderKind {
  /** For errors: "a bundle". */
  readonly what: string;
  /** The file that says what the folder is. It goes first and comes last. */
  readonly mark: string;
  /**
   * What we put into the folder with this mark, beside the mark: files and whole folders, by their paths in it with
   * `/` between. Null where the mark, read as JSON, is not one of ours.
   */
  entries(mark: Readonly<Record<string, unknown>>): readonly string[] | null;
}

/**
 * Checks that a folder of a kind may be written here: nothing is there yet, an empty folder, or one of the kind.
 *
 * @param kind without one, nothing may be there
 * @returns what of it is ours, by the mark: the mark first, and only what is there
 * @throws UserError (exit 2) where it is something else, or nothing that could be a folder
 */
export async function ownEntries(target: string, kind?: FolderKind): Promise<string[]> {
  const what = kind?.what ?? 'this';
  const content = await readdir(resolve(target)).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    const received = error.code === 'ENOTDIR' ? `${target}, which is not one` : reasonOf(error);
    throw usageError(`${what} needs a folder`, { received });
  });
  const others = content.filter((name) => !isTemporary(name));
  if (others.length === 0) return [];
  const listed = kind && others.includes(kind.mark) ? await listedIn(target, kind) : null;
  if (kind && listed) {
    return present(target, [kind.mark, ...listed]).catch((error) => {
      throw writeError(error, target);
    });
  }
  const named = `${others.slice(0, 3).join(', ')}${others.length > 3 ? ', …' : ''}`;
  const isMarked = kind !== undefined && others.includes(kind.mark);
  throw usageError(`${what} needs a folder of its own`, {
    received: isMarked
      ? `${target}, whose ${kind.mark} is not one that actionnx wrote for ${kind.what}`
      : `${target}, which holds other files: ${named}`,
    remedy: 'give another with --out',
  });
}

/**
 * Checks that a file may be written into a folder that is anybody's: it is not there, or ours by its content.
 *
 * @param what it is, for the error: "the report"
 * @throws UserError (exit 2) where it is somebody else's
 */
export async function requireOwnFile(
  path: string,
  what: string,
  isOurs: (text: string) => boolean,
): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Whatever else stands in the way of reading it stands in the way of writing it, and is told then.
    return error.code === 'EISDIR' ? '' : null;
  });
  if (text === null || isOurs(text)) return;
  throw usageError(`${what} replaces only an earlier one`, {
    received: `${path}, which actionnx did not write`,
    remedy: 'give another folder',
  });
}

/** What the mark in a folder lists; null where it is not of the kind, or not to be trusted. */
async function listedIn(folder: string, kind: FolderKind): Promise<readonly string[] | null> {
  try {
    const json: unknown = JSON.parse(await readFile(join(folder, kind.mark), 'utf8'));
    const listed = kind.entries(Object(json));
    return listed?.every(isInside) ? listed : null;
  } catch {
    return null;
  }
}

/** Whether a path leads into its folder: lists are files that anybody can write. */
export function isInside(path: unknown): boolean {
  if (typeof path !== 'string' || /[\\\0]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Those of the paths that are there, and not by way of a link to another place. */
async function present(folder: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const root = await realpath(folder).catch(() => resolve(folder));
  for (const path of new Set(paths)) {
    if (!(await lstat(join(root, path)).catch(unlessAbsent))) continue;
    const parent = dirname(join(root, path));
    if ((await realpath(parent)) === parent) found.push(path);
  }
  return found;
}
