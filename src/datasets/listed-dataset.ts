import { UserError } from '../core/errors.ts';
import type { LabelSpace } from '../core/labels.ts';
import { forEachParallel } from '../core/parallel.ts';
import type { RgbImage } from '../image/image.ts';
import type { BrokenSamples } from './broken-samples.ts';
import type { BrokenSample, Dataset, Sample } from './dataset.ts';
import { type DatasetOptions, quarterOfMemory } from './dataset-kind.ts';
import { FactCache } from './fact-cache.ts';
import { countFrames, MediaFiles } from './media-files.ts';
import { SplitSamples } from './split-samples.ts';

/** A picture, a key frame or a whole video, with its labels: a line of a list. */
export interface ListedItem {
  /** Unique in the data set. */
  readonly id: string;
  /** The path in the folder, with `/` between. */
  readonly file: string;
  readonly split: string;
  /** Indices into the space's names. */
  readonly labels: readonly number[];
  /** 1-based key frame; absent for a picture, and for a video that is labelled as a whole. */
  readonly frame?: number;
  /** Default: the file. */
  readonly group?: string;
}

/** What a data set is made of whose samples are files, each listed with its labels. */
export interface Listing {
  readonly name: string;
  /** Absolute. */
  readonly root: string;
  readonly space: LabelSpace;
  readonly splits: readonly string[];
  readonly items: readonly ListedItem[];
}

/**
 * A data set of listed files. Files are looked at when a split is asked for: a picture's first bytes, and a video as a
 * whole for the number of its frames, which a cache then knows. With broken samples skipped, each is decoded then.
 */
export class ListedDataset implements Dataset {
  readonly name: string;
  readonly root: string;
  readonly spaces: readonly [LabelSpace];
  readonly splits: readonly string[];
  readonly #items: readonly ListedItem[];
  readonly #labels: ReadonlyMap<string, readonly number[]>;
  readonly #media: MediaFiles;
  readonly #counts: FactCache;
  readonly #broken: BrokenSamples;
  readonly #onProgress: NonNullable<DatasetOptions['onProgress']>;
  readonly #samples: SplitSamples;

  /** @param broken what was found while the list was read */
  constructor({ name, root, space, splits, items }: Listing, broken: BrokenSamples, options: DatasetOptions) {
    this.name = name;
    this.root = root;
    this.spaces = [space];
    this.splits = splits;
    this.#samples = new SplitSamples(root, splits, (split) =>
      this.#readSamples(this.#items.filter((item) => item.split === split)),
    );
    this.#items = items;
    this.#labels = new Map(items.map(({ id, labels }) => [id, labels]));
    this.#media = new MediaFiles(root, options.frameMemory ?? quarterOfMemory());
    this.#counts = new FactCache({ name: 'frames', read: countFrames }, root, options.cacheFolder);
    this.#broken = broken;
    this.#onProgress = options.onProgress ?? (() => {});
  }

  get broken(): readonly BrokenSample[] {
    return this.#broken.list;
  }

  samples(split: string): Promise<Sample[]> {
    return this.#samples.of(split);
  }

  async truth(samples: readonly Sample[]): Promise<Uint8Array> {
    const width = this.spaces[0].names.length;
    const truth = new Uint8Array(samples.length * width);
    samples.forEach(({ id }, row) => {
      for (const label of this.#labels.get(id) ?? []) truth[row * width + label] = 1;
    });
    return truth;
  }

  frames(video: string, numbers: readonly number[]): Promise<RgbImage[]> {
    return this.#media.frames(video, numbers);
  }

  everyFrame(video: string): AsyncGenerator<RgbImage> {
    return this.#media.everyFrame(video);
  }

  async #readSamples(items: readonly ListedItem[]): Promise<Sample[]> {
    const counts = await this.#countFrames(items);
    const samples = items.flatMap((item): Sample[] => {
      try {
        return [this.#sample(item, counts.get(item.file))];
      } catch (error) {
        this.#broken.report(item.id, error);
        return [];
      }
    });
    return this.#broken.skip ? this.#usable(samples) : samples;
  }

  /** By file: its frames, 0 for a picture, or why it cannot be used. */
  async #countFrames(items: readonly ListedItem[]): Promise<Map<string, number | UserError>> {
    const files = [...new Set(items.map(({ file }) => file))];
    const counts = new Map<string, number | UserError>();
    const found = await this.#counts.facts(files, {
      onProgress: (done, total) => this.#onProgress('files', done, total),
      onBroken(file, error) {
        if (!(error instanceof UserError)) throw error;
        counts.set(file, error);
      },
    });
    files.forEach((file, i) => {
      if (!counts.has(file)) counts.set(file, found[i][0]);
    });
    return counts;
  }

  #sample({ id, file, frame, group }: ListedItem, frames: number | UserError = 0): Sample {
    if (frames instanceof UserError) throw frames;
    const frameCount = frames || 1;
    if (frame !== undefined && frame > frameCount) {
      const path = this.#media.path(file);
      throw new UserError(`a key frame must lie in its video: ${path} has frames 1–${frameCount}`, {
        received: `frame ${frame}`,
      });
    }
    const sample = { id, video: file, frame: frame ?? (frames === 0 ? 1 : null), frameCount };
    return group === undefined ? sample : { ...sample, group };
  }

  async #usable(samples: readonly Sample[]): Promise<Sample[]> {
    const files = [...new Set(samples.map(({ video }) => video))];
    const broken = new Map<string, unknown>();
    let done = 0;
    await forEachParallel(files, 4, async (file) => {
      await this.#decodeAll(file).catch((error) => broken.set(file, error));
      this.#onProgress('check', ++done, files.length);
    });
    return samples.filter(({ id, video }) => {
      if (!broken.has(video)) return true;
      this.#broken.report(id, broken.get(video));
      return false;
    });
  }

  async #decodeAll(file: string): Promise<void> {
    for await (const _ of this.#media.everyFrame(file)) {
      // That it can be decoded is all that is asked.
    }
  }
}
