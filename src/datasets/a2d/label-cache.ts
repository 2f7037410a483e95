import { readLabelCodes } from '../../node/mat-file.ts';
import { FactCache } from '../fact-cache.ts';

/** The label codes of annotation files, which are opened once and then remembered. */
export class LabelCache {
  readonly #facts: FactCache;

  /**
   * @param annotations the folder that the names of files are relative to
   * @param folder where the cache goes. Default: `$XDG_CACHE_HOME/actionnx`, or `~/.cache/actionnx`
   */
  constructor(annotations: string, folder?: string) {
    this.#facts = new FactCache({ name: 'labels', read: readLabelCodes }, annotations, folder);
  }

  /**
   * The distinct codes of each annotation, ascending, background left out.
   *
   * @param names files relative to the annotation folder
   * @param onBroken is told of a file that cannot be read; its codes are empty. Default: throws
   */
  codes(
    names: readonly string[],
    options: {
      onProgress?: (done: number, total: number) => void;
      onBroken?: (name: string, error: unknown) => void;
    } = {},
  ): Promise<number[][]> {
    return this.#facts.facts(names, options);
  }
}
