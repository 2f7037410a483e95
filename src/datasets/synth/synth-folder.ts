import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../core/errors.ts';
import { recoverFolder, writeFolderAtomic } from '../../node/atomic-folder.ts';
import { syntheticMark } from '../dataset-kind.ts';
import type { SynthOptions, SynthSize } from './synth-kind.ts';

/** Files being encoded and written at once. */
export const inFlight = 8;

/** @throws UserError (exit 2) where a folder holds something, or cannot */
export async function requireEmpty(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw usageError(`${folder} cannot hold a data set`, { received: error.message });
  });
  if (entries.length === 0) return;
  throw usageError('a synthetic data set needs an empty or new folder', {
    received: `${folder}, which holds ${entries.length === 1 ? entries[0] : `${entries.length} entries`}`,
    remedy: 'name another folder, or empty this one',
  });
}

/**
 * Makes a synthetic data set in a folder that is new or empty; it is complete or absent.
 *
 * @param made what it was made with, for the file that says that it is synthetic
 * @param folders what it needs, parents first
 * @param fill writes into the folder that it is given
 * @throws UserError (exit 2) where the folder is not empty; otherwise what `fill` throws
 */
export async function writeSynthetic(
  folder: string,
  made: Readonly<Record<string, number | string>>,
  folders: readonly string[],
  fill: (root: string) => Promise<void>,
): Promise<void> {
  await recoverFolder(folder);
  await requireEmpty(folder);
  await writeFolderAtomic(folder, async (root) => {
    // One by one: a recursive mkdir would make the data set's own folder anew after an interruption removed it.
    for (const path of folders) await mkdir(join(root, path));
    await writeFile(join(root, syntheticMark), `${JSON.stringify(made)}\n`);
    await fill(root);
  });
}

/**
 * The size that is asked for, with defaults in its place.
 *
 * @param least the fewest that there may be of a dimension; 1 where it is not told
 * @throws UserError (exit 2) where a number is out of range
 */
export function settleSize<Dimension extends keyof SynthSize>(
  options: SynthOptions,
  defaults: Pick<SynthSize, Dimension | 'height'>,
  least: Partial<SynthSize> = {},
): Pick<SynthSize, Dimension | 'height'> & { width: number } {
  const settled = { ...defaults };
  const whole = (name: string, value: number, from: number, to: number) => {
    if (Number.isInteger(value) && value >= from && value <= to) return;
    throw usageError(`${name} must be a whole number in ${from}–${to}`, { received: String(value) });
  };
  for (const name of ['pictures', 'videos', 'frames', 'height'] as const) {
    if (!(name in defaults)) continue;
    const value = options[name];
    if (value === undefined) continue;
    whole(name, value, least[name] ?? (name === 'height' ? 32 : 1), name === 'height' ? 1080 : 99_999);
    Object.assign(settled, { [name]: value });
  }
  whole('seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  const { height } = settled;
  if (height % 2) throw usageError('height must be even, as videos need it', { received: String(height) });
  return { ...settled, width: widthOf(height) };
}

/** Four thirds of the height, even. */
export function widthOf(height: number): number {
  return 2 * Math.round((height * 2) / 3);
}
