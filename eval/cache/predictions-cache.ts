import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../src/core/errors.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import type { CacheKey } from './key.ts';

/** A shard's name is the sha256 of its bytes: a damaged one is known, equal ones coincide. */
const shardName = /^[0-9a-f]{64}\.parquet$/;

const nameOf = (bytes: Uint8Array) => `${createHash('sha256').update(bytes).digest('hex')}.parquet`;

/**
 * Predictions on disk: a folder per key (`cacheKey`), in it immutable Parquet shards. A shard appears complete or
 * not at all, under a name of its own, so that any number of processes may fill one cache.
 */
export class PredictionsCache {
  /** The key's folder. */
  readonly folder: string;
  readonly #key: CacheKey;
  readonly #labels: number;

  /** @param labels how many probabilities a sample has */
  constructor(root: string, key: CacheKey, labels: number) {
    this.folder = join(root, key.hash);
    this.#key = key;
    this.#labels = labels;
  }

  /**
   * All predictions so far, by sample id; a copy, not a view of the folder.
   *
   * @param accept whether a shard with this metadata is about the data set in question; others are passed over
   * @throws UserError naming a shard that is damaged; nothing is used of it
   */
  async read(
    accept: (metadata: Readonly<Record<string, string>>) => Promise<boolean>,
  ): Promise<Map<string, Float32Array>> {
    const entries = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const names = entries.filter((name) => shardName.test(name)).sort();
    const predictions = new Map<string, Float32Array>();
    if (names.length === 0) return predictions;
    const { decodeShard } = await import('./shard.ts');
    for (const name of names) {
      const path = join(this.folder, name);
      const bytes = await readFile(path);
      if (nameOf(bytes) !== name) {
        throw new UserError(`the cached predictions in ${path} are damaged`, {
          received: `${bytes.length} bytes with another sha256 than the name`,
          remedy: 'delete that file: what it held is predicted again',
        });
      }
      const { ids, probabilities, metadata } = await decodeShard(bytes, this.#labels, path);
      if (!(await accept(metadata))) continue;
      ids.forEach((id, i) => {
        if (predictions.has(id)) return;
        predictions.set(id, probabilities.subarray(i * this.#labels, (i + 1) * this.#labels));
      });
    }
    return predictions;
  }

  /**
   * Adds a shard. It is complete on the disk when this returns.
   *
   * @param probabilities ids × labels
   * @param metadata what `accept` goes by, and whatever else is worth recording
   * @throws UserError when it cannot be written; the cache is then as before
   */
  async append(
    ids: readonly string[],
    probabilities: Float32Array,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { encodeShard } = await import('./shard.ts');
    const bytes = encodeShard({
      ids,
      probabilities,
      metadata: { ...metadata, ...this.#key.parts },
    });
    await writeFileAtomic(join(this.folder, nameOf(bytes)), bytes);
  }
}
