import { totalmem } from 'node:os';
import type { Dataset } from './dataset.ts';

/** What opening a data set can be told. */
export interface DatasetOptions {
  /** List broken samples in `broken` and leave them out, rather than fail at the first. Default: false. */
  readonly skipBroken?: boolean;
  /** Where caches of labels go. Default: `$XDG_CACHE_HOME/actionnx`, or `~/.cache/actionnx`. */
  readonly cacheFolder?: string;
  /** Bytes of decoded frames to keep in memory. Default: a quarter of the machine's (or container's) memory. */
  readonly frameMemory?: number;
  /** Told while labels are read, files looked through, or samples checked. */
  readonly onProgress?: (task: DatasetTask, done: number, total: number) => void;
}

export type DatasetTask = 'labels' | 'files' | 'check';

/** A data set, or a sort of them, that is known by how its folder is laid out. */
export interface DatasetKind {
  readonly name: string;
  /** One line for lists. */
  readonly title: string;
  /** What its folder has, for errors: "ImageSplits/ and JPEGImages/". */
  readonly layout: string;
  /** Whether a folder looks like it. One of which a part is missing does: what is missing, `open` says. */
  detect(root: string): Promise<boolean>;
  /** @throws UserError where something in it is not as it must be */
  open(root: string, options: DatasetOptions): Promise<Dataset>;
}

/** The file that tells a synthetic data set from the real one, beside its parts: how it was made. */
export const syntheticMark = 'synthetic.json';

/** A quarter of the memory that this process may use, in bytes. */
export function quarterOfMemory(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) / 4;
}
