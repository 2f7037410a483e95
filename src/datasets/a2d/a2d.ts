import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../core/errors.ts';
import type { LabelMap } from '../../core/label-map.ts';
import { a2dActionLabels, a2dActorLabels, a2dLabels, multiHot } from '../../core/labels.ts';
import { forEachParallel } from '../../core/parallel.ts';
import type { RgbImage } from '../../image/image.ts';
import { isCompletePng, readImage } from '../../node/image-file.ts';
import { readLabelMap } from '../../node/mat-file.ts';
import { BrokenSamples } from '../broken-samples.ts';
import { type BrokenSample, type Dataset, keyFrameOf, type Sample } from '../dataset.ts';
import { type DatasetKind, type DatasetOptions, quarterOfMemory } from '../dataset-kind.ts';
import { FrameCache } from '../frame-cache.ts';
import { SplitSamples } from '../split-samples.ts';
import {
  type A2dFolders,
  findA2d,
  frameName,
  isFolder,
  type KeyFrame,
  readSplit,
  sampleId,
  splitNames,
} from './a2d-splits.ts';
import { LabelCache } from './label-cache.ts';

/** Actor-Action Dataset. */
export const a2d: DatasetKind = {
  name: 'a2d',
  title: 'A2D: key frames of 3782 videos, who acts and how (Xu et al. 2015)',
  layout: 'Release/ with Annotations/mat and pngs320H/ or clips320H/',
  async detect(root) {
    const parts = ['Annotations', 'pngs320H', 'clips320H', 'videoset.csv'];
    return [root, join(root, 'Release')].some((place) => parts.some((part) => existsSync(join(place, part))));
  },
  open: openA2d,
};

/**
 * Opens an A2D release (Xu et al. 2015): the official layout (`videoset.csv`; splits `train` and `test`) or the
 * challenge's (`list/{train,val,test}.txt`), frames in `pngs320H`. A sample's labels are the valid codes that occur
 * in its annotation's `reS_id`; all others are ignored.
 *
 * With `skipBroken`, `samples` checks every sample before it returns: its annotation is read, its key frame decoded,
 * and its video's frames must be complete (a clip may reach any of them). Without, nothing is checked before it is
 * used, and then the first broken file is an error.
 *
 * @param root the folder that holds `Release/`, or that folder itself
 * @throws UserError when this is no A2D release, or its frames have yet to be extracted
 * @example const a2d = await openA2d('A2D'); const val = await a2d.samples('val');
 */
export async function openA2d(root: string, options: DatasetOptions = {}): Promise<Dataset> {
  const folders = await findA2d(root);
  const splits = await splitNames(folders);
  if (!(await isFolder(folders.frames))) {
    throw (await isFolder(folders.clips))
      ? framesMissing(root, `${folders.clips} only`)
      : new UserError('an A2D release has its frames in pngs320H, or its videos in clips320H', {
          received: `${folders.release}, which has neither`,
        });
  }
  return new A2d(resolve(root), folders, splits, options);
}

function framesMissing(root: string, received: string): UserError {
  return new UserError('the frames have yet to be extracted', {
    received,
    remedy: `run \`actionnx data extract ${root}\``,
  });
}

class A2d implements Dataset {
  readonly name: string;
  readonly spaces = [a2dLabels, a2dActorLabels, a2dActionLabels] as const;
  readonly root: string;
  readonly splits: readonly string[];
  readonly #folders: A2dFolders;
  readonly #onProgress: NonNullable<DatasetOptions['onProgress']>;
  readonly #broken: BrokenSamples;
  readonly #labels: LabelCache;
  readonly #frames: FrameCache;
  readonly #samples: SplitSamples;

  constructor(root: string, folders: A2dFolders, splits: readonly string[], options: DatasetOptions) {
    this.name = folders.synthetic ? 'synthetic-a2d' : 'a2d';
    this.root = root;
    this.splits = splits;
    this.#samples = new SplitSamples(root, splits, (split) => this.#readSamples(split));
    this.#folders = folders;
    this.#onProgress = options.onProgress ?? (() => {});
    this.#broken = new BrokenSamples(options.skipBroken ?? false);
    this.#labels = new LabelCache(folders.annotations, options.cacheFolder);
    this.#frames = new FrameCache(options.frameMemory ?? quarterOfMemory(), readImage);
  }

  get broken(): readonly BrokenSample[] {
    return this.#broken.list;
  }

  samples(split: string): Promise<Sample[]> {
    return this.#samples.of(split);
  }

  async truth(samples: readonly Sample[]): Promise<Uint8Array> {
    const codes = await this.#labels.codes(samples.map(annotationName), {
      onProgress: (done, total) => this.#onProgress('labels', done, total),
    });
    const width = a2dLabels.codes.length;
    const truth = new Uint8Array(samples.length * width);
    codes.forEach((row, index) => {
      truth.set(multiHot(row, a2dLabels), index * width);
    });
    return truth;
  }

  frames(video: string, numbers: readonly number[]): Promise<RgbImage[]> {
    return Promise.all(numbers.map((number) => this.#frames.get(this.#framePath(video, number))));
  }

  labelMap(sample: Sample): Promise<LabelMap> {
    return readLabelMap(join(this.#folders.annotations, annotationName(sample)));
  }

  #framePath(video: string, number: number): string {
    return join(this.#folders.frames, video, `${frameName(number)}.png`);
  }

  async #readSamples(split: string): Promise<Sample[]> {
    const keyFrames = await readSplit(this.#folders, split, this.#broken);
    const videos = [...new Set(keyFrames.map(({ video }) => video))];
    const frameCounts = new Map<string, number>();
    await forEachParallel(videos, 16, async (video) => {
      try {
        frameCounts.set(video, await this.#countFrames(video));
      } catch (error) {
        for (const keyFrame of keyFrames) {
          if (keyFrame.video === video) this.#broken.report(sampleId(keyFrame), error);
        }
      }
    });
    const samples = keyFrames.flatMap((keyFrame) => this.#sample(keyFrame, frameCounts.get(keyFrame.video)));
    return this.#broken.skip ? this.#usable(samples) : samples;
  }

  #sample(keyFrame: KeyFrame, frameCount: number | undefined): Sample[] {
    if (frameCount === undefined) return [];
    const id = sampleId(keyFrame);
    if (keyFrame.frame >= 1 && keyFrame.frame <= frameCount) return [{ id, ...keyFrame, frameCount }];
    const folder = join(this.#folders.frames, keyFrame.video);
    this.#broken.report(
      id,
      new UserError(`a key frame must lie in its video: ${folder} has frames 1–${frameCount}`, {
        received: `frame ${keyFrame.frame}`,
      }),
    );
    return [];
  }

  /** The number of a video's last frame. Where broken ones are skipped, every frame must be there and complete. */
  async #countFrames(video: string): Promise<number> {
    const folder = join(this.#folders.frames, video);
    const files = await readdir(folder).catch(() => []);
    const numbers = files.flatMap((file) => /^(\d{5})\.png$/.exec(file)?.[1] ?? []).map(Number);
    if (numbers.length === 0) {
      throw framesMissing(this.root, `${folder}, which has none`);
    }
    const last = numbers.reduce((a, b) => Math.max(a, b));
    if (!this.#broken.skip) return last;
    for (let number = 1; number <= last; number++) {
      const path = this.#framePath(video, number);
      if (!(await isCompletePng(path))) {
        throw new UserError(`the frames of a video must be complete: ${path} is missing or truncated`);
      }
    }
    return last;
  }

  async #usable(samples: readonly Sample[]): Promise<Sample[]> {
    const broken = new Set<Sample>();
    const byAnnotation = new Map(samples.map((sample) => [annotationName(sample), sample]));
    await this.#labels.codes([...byAnnotation.keys()], {
      onProgress: (done, total) => this.#onProgress('labels', done, total),
      onBroken: (name, error) => {
        const sample = byAnnotation.get(name) as Sample;
        this.#broken.report(sample.id, error);
        broken.add(sample);
      },
    });
    let done = 0;
    await forEachParallel(samples, 4, async (sample) => {
      try {
        await this.frames(sample.video, [keyFrameOf(sample)]);
      } catch (error) {
        this.#broken.report(sample.id, error);
        broken.add(sample);
      }
      this.#onProgress('check', ++done, samples.length);
    });
    return samples.filter((sample) => !broken.has(sample));
  }
}

function annotationName({ id }: Sample): string {
  return `${id}.mat`;
}
