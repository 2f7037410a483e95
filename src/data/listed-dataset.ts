import { UserError, usageError } from '../core/errors.ts';
import type { LabelSpace } from '../core/labels.ts';
import { forEachParallel } from '../core/parallel.ts';
import type { RgbImage } from '../image/image.ts';
import type { BrokenSamples } from './broken-samples.ts';
import type { BrokenSample, Dataset, Sample } from './dataset.ts';
import { type DatasetOptions, quarterOfMemory } from './dataset-kind.ts';
import { MediaFiles } from './media-files.ts';

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
 * whole for the number of its frames. With broken samples skipped, each is decoded then.
 */
export class ListedDataset implements Dataset {
  readonly name: string;
  readonly root: string;
  readonly spaces: readonly [LabelSpace];
  readonly splits: readonly string[];
  readonly #items: readonly ListedItem[];
  readonly #labels: ReadonlyMap<string, readonly number[]>;
  readonly #media: MediaFiles;
  readonly #broken: BrokenSamples;
  readonly #onProgress: NonNullable<DatasetOptions['onProgress']>;
  readonly #samples = new Map<string, Promise<Sample[]>>();

  /** @param broken what was found while the list was read */
  constructor({ name, root, space, splits, items }: Listing, broken: BrokenSamples, options: DatasetOptions) {
    this.name = name;
    this.root = root;
    this.spaces = [space];
    this.splits = splits;
    this.#items = items;
    this.#labels = new Map(items.map(({ id, labels }) => [id, labels]));
    this.#media = new MediaFiles(root, options.frameMemory ?? quarterOfMemory());
    this.#broken = broken;
    this.#onProgress = options.onProgress ?? (() => {});
  }

  get broken(): readonly BrokenSample[] {
    return this.#broken.list;
  }

  async samples(split: string): Promise<Sample[]> {
    if (!this.splits.includes(split)) {
      throw usageError(`unknown split of ${this.root}`, {
        received: JSON.stringify(split),
        remedy: `known: ${this.splits.join(', ')}`,
      });
    }
    let samples = this.#samples.get(split);
    if (!samples) {
      samples = this.#readSamples(this.#items.filter((item) => item.split === split));
      this.#samples.set(split, samples);
      samples.catch(() => this.#samples.delete(split));
    }
    return [...(await samples)];
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
    const found = new Array<Sample | null>(items.length).fill(null);
    // What is only looked at is not worth a bar of its own where it is decoded as well.
    const task = this.#broken.skip ? 'check' : 'files';
    const checks = new Map<string, Promise<void>>();
    const check = (file: string) => {
      const checking = checks.get(file) ?? this.#decodeAll(file);
      checks.set(file, checking);
      return checking;
    };
    let done = 0;
    await forEachParallel(items, 4, async (item, index) => {
      try {
        const sample = await this.#sample(item);
        if (this.#broken.skip) await check(item.file);
        found[index] = sample;
      } catch (error) {
        this.#broken.report(item.id, error);
      }
      this.#onProgress(task, ++done, items.length);
    });
    return found.filter((sample) => sample !== null);
  }

  async #sample({ id, file, frame, group }: ListedItem): Promise<Sample> {
    const path = this.#media.path(file);
    const frameCount = await this.#media.frameCount(file);
    if (frameCount === 0) throw new UserError('a video must have frames', { received: `none in ${path}` });
    if (frame !== undefined && frame > frameCount) {
      throw new UserError(`a key frame must lie in its video: ${path} has frames 1–${frameCount}`, {
        received: `frame ${frame}`,
      });
    }
    const number = frame ?? ((await this.#media.isPicture(file)) ? 1 : null);
    return { id, video: file, frame: number, frameCount, ...(group === undefined ? {} : { group }) };
  }

  async #decodeAll(file: string): Promise<void> {
    for await (const _ of this.#media.everyFrame(file)) {
      // That it can be decoded is all that is asked.
    }
  }
}
