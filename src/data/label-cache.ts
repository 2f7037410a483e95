import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../core/hash.ts';
import { forEachParallel } from '../core/parallel.ts';
import { writeFileAtomic } from '../node/atomic-file.ts';
import { readLabelCodes } from '../node/mat-file.ts';

/** Codes by annotation file, each good for one size and modification time of that file. */
const cacheSchema = z.object({
  format: z.literal('actionnx-label-cache-1'),
  folder: z.string(),
  files: z.record(z.string(), z.tuple([z.number(), z.number(), z.array(z.int())])),
});

type CachedFiles = z.infer<typeof cacheSchema>['files'];

/** Where caches go unless told: `$XDG_CACHE_HOME/actionnx`, or `~/.cache/actionnx`. */
function defaultFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'actionnx');
}

/**
 * The label codes of annotation files. Opening thousands of HDF5 files takes seconds, so what was read is kept in
 * one JSON file a data set and trusted as long as a file's size and modification time stay the same.
 */
export class LabelCache {
  readonly #annotations: string;
  readonly #folder: string;
  #loading: Promise<{ path: string; files: CachedFiles }> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /** @param annotations the folder that the names of files are relative to */
  constructor(annotations: string, folder: string = defaultFolder()) {
    this.#annotations = resolve(annotations);
    this.#folder = folder;
  }

  /**
   * The distinct codes of each annotation, ascending, background left out.
   *
   * @param names files relative to the annotation folder
   * @param onBroken is told of a file that cannot be read; its codes are empty. Default: throws
   */
  async codes(
    names: readonly string[],
    options: {
      onProgress?: (done: number, total: number) => void;
      onBroken?: (name: string, error: unknown) => void;
    } = {},
  ): Promise<number[][]> {
    const { path, files } = await (this.#loading ??= this.#load());
    const codes: number[][] = new Array(names.length);
    let done = 0;
    let fresh = 0;
    try {
      await forEachParallel(names, 4, async (name, index) => {
        const file = join(this.#annotations, name);
        try {
          const found = await stat(file).catch(() => null);
          const known = files[name];
          if (found && known?.[0] === found.size && known[1] === found.mtimeMs) {
            codes[index] = known[2];
          } else {
            codes[index] = await readLabelCodes(file);
            if (found) files[name] = [found.size, found.mtimeMs, codes[index]];
            fresh++;
          }
        } catch (error) {
          if (!options.onBroken) throw error;
          codes[index] = [];
          options.onBroken(name, error);
        }
        options.onProgress?.(++done, names.length);
      });
    } finally {
      // What was read before a failure need not be read again after its repair.
      if (fresh > 0) {
        // One after the other, each with all that is known by then: an older list may not come last.
        const write = () =>
          writeFileAtomic(
            path,
            JSON.stringify({ format: 'actionnx-label-cache-1', folder: this.#annotations, files }),
          );
        this.#writing = this.#writing.then(write, write);
        await this.#writing;
      }
    }
    return codes;
  }

  async #load(): Promise<{ path: string; files: CachedFiles }> {
    const key = (await sha256(this.#annotations)).slice(0, 16);
    const path = join(this.#folder, `labels-${key}.json`);
    // No file yet, or one of another format: it is made anew.
    const text = await readFile(path, 'utf8').catch(() => 'null');
    const parsed = cacheSchema.safeParse(parseJson(text));
    const usable = parsed.success && parsed.data.folder === this.#annotations;
    return { path, files: usable ? parsed.data.files : {} };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
