import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../core/hash.ts';
import { forEachParallel } from '../core/parallel.ts';
import { writeFileAtomic } from '../node/atomic-file.ts';

/** Numbers by file, each list good for one size and modification time of that file. */
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

/** What is known of files, and how it is found out. */
export interface FactKind {
  /** The cache's file is called by it: "labels". */
  readonly name: string;
  /** @throws what makes a file unusable */
  read(path: string): Promise<number[]>;
}

/**
 * A few numbers about each file of a folder, such as the label codes of annotations. Opening thousands of HDF5 files, or
 * hundreds of videos, takes seconds, so what was read is kept in one JSON file a folder and trusted as long as a file's
 * size and modification time stay the same.
 */
export class FactCache {
  readonly #kind: FactKind;
  readonly #root: string;
  readonly #folder: string;
  #loading: Promise<{ path: string; files: CachedFiles }> | undefined;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param root the folder that the names of files are relative to
   * @param folder where the cache goes
   */
  constructor(kind: FactKind, root: string, folder: string = defaultFolder()) {
    this.#kind = kind;
    this.#root = resolve(root);
    this.#folder = folder;
  }

  /**
   * The numbers of each file.
   *
   * @param names files relative to the root
   * @param onBroken is told of a file that cannot be read; it has no numbers. Default: throws
   */
  async facts(
    names: readonly string[],
    options: {
      onProgress?: (done: number, total: number) => void;
      onBroken?: (name: string, error: unknown) => void;
    } = {},
  ): Promise<number[][]> {
    const { path, files } = await (this.#loading ??= this.#load());
    const facts: number[][] = new Array(names.length);
    let done = 0;
    let fresh = 0;
    try {
      await forEachParallel(names, 4, async (name, index) => {
        const file = join(this.#root, name);
        try {
          const found = await stat(file).catch(() => null);
          const known = files[name];
          if (found && known?.[0] === found.size && known[1] === found.mtimeMs) {
            facts[index] = known[2];
          } else {
            facts[index] = await this.#kind.read(file);
            if (found) files[name] = [found.size, found.mtimeMs, facts[index]];
            fresh++;
          }
        } catch (error) {
          if (!options.onBroken) throw error;
          facts[index] = [];
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
            JSON.stringify({ format: 'actionnx-label-cache-1', folder: this.#root, files }),
          );
        this.#writing = this.#writing.then(write, write);
        await this.#writing;
      }
    }
    return facts;
  }

  async #load(): Promise<{ path: string; files: CachedFiles }> {
    const key = (await sha256(this.#root)).slice(0, 16);
    const path = join(this.#folder, `${this.#kind.name}-${key}.json`);
    // No file yet, or one of another format: it is made anew.
    const text = await readFile(path, 'utf8').catch(() => 'null');
    const parsed = cacheSchema.safeParse(parseJson(text));
    const usable = parsed.success && parsed.data.folder === this.#root;
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
