import { usageError } from '../core/errors.ts';
import type { Sample } from './dataset.ts';

/** The samples of a data set's splits, each split read once; one that could not be read is read again when asked for. */
export class SplitSamples {
  readonly #root: string;
  readonly #splits: readonly string[];
  readonly #read: (split: string) => Promise<Sample[]>;
  readonly #known = new Map<string, Promise<Sample[]>>();

  constructor(root: string, splits: readonly string[], read: (split: string) => Promise<Sample[]>) {
    this.#root = root;
    this.#splits = splits;
    this.#read = read;
  }

  /** In the list's order; the caller's own. @throws UserError (exit 2) for an unknown split; as reading it does */
  async of(split: string): Promise<Sample[]> {
    if (!this.#splits.includes(split)) {
      throw usageError(`unknown split of ${this.#root}`, {
        received: JSON.stringify(split),
        remedy: `known: ${this.#splits.join(', ')}`,
      });
    }
    let samples = this.#known.get(split);
    if (!samples) {
      samples = this.#read(split);
      this.#known.set(split, samples);
      samples.catch(() => this.#known.delete(split));
    }
    return [...(await samples)];
  }
}
