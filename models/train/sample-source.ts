import { setImmediate } from 'node:timers/promises';
import { clipFrames } from '../../src/core/clip.ts';
import { multiHot } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { Rng } from '../../src/core/rng.ts';
import { type Dataset, keyFrameOf, type Sample } from '../../src/data/dataset.ts';
import { type FrameMemory, frameMemory } from '../../src/image/frame-memory.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import type { Augmentation } from './augment/augmentation.ts';
import { drawTransforms, losesLabels, type Transform } from './augment/index.ts';

/** What a model is fed: `frames` of [N, frames, size, size, 3], normalised, and `truth` of [N, labels], 0 or 1. */
export interface Batch {
  readonly samples: number;
  readonly frames: Float32Array;
  readonly truth: Float32Array;
}

/** How a sample's clip is cut and, in training, changed. */
export interface BatchPlan {
  readonly frames: number;
  readonly speed: number;
  /** The same seed and epoch change a sample in the same way, in whatever order samples come. */
  readonly augment?: {
    readonly names: readonly Augmentation[];
    readonly seed: number;
    readonly epoch: number;
  };
}

/** Makes batches from a data set: decodes, changes, resizes, normalises. Keeps resized frames for the next epoch. */
export class SampleSource {
  readonly #dataset: Dataset;
  readonly #size: number;
  readonly #resized: ResizedFrames;
  /** Multi-hot rows by sample. */
  readonly #truth = new Map<string, Uint8Array>();

  /**
   * @param size the model's input size, pixels
   * @param frameMemory bytes of resized frames to keep
   */
  constructor(dataset: Dataset, size: number, frameMemory = 2 ** 30) {
    this.#dataset = dataset;
    this.#size = size;
    this.#resized = new ResizedFrames(dataset, size, frameMemory);
  }

  /** Reads the labels of samples, once, before batches of them are made. */
  async readLabels(samples: readonly Sample[]): Promise<void> {
    const truth = await this.#dataset.truth(samples);
    const labels = this.#dataset.spaces[0].names.length;
    samples.forEach(({ id }, i) => {
      this.#truth.set(id, truth.subarray(i * labels, (i + 1) * labels));
    });
  }

  /**
   * The samples in batches of `size`, from batch number `from` (0-based) on. The next batch is decoded while the one
   * at hand is computed with.
   */
  async *batches(samples: readonly Sample[], plan: BatchPlan, size: number, from = 0): AsyncGenerator<Batch> {
    const load = (step: number) => {
      const part = samples.slice(step * size, (step + 1) * size);
      if (part.length === 0) return null;
      const loading = this.#batch(part, plan);
      // Whoever awaits it hears of a failure; until then it must not count as unhandled.
      loading.catch(() => {});
      return loading;
    };
    let next = load(from);
    for (let step = from; next; step++) {
      const ready = await next;
      next = load(step + 1);
      yield ready;
      // Steps are synchronous; let signals and decoders have their turn.
      await setImmediate();
    }
  }

  async #batch(samples: readonly Sample[], plan: BatchPlan): Promise<Batch> {
    const size = this.#size ** 2 * 3;
    const frames = new Float32Array(samples.length * plan.frames * size);
    const labels = this.#dataset.spaces[0].names.length;
    const truth = new Float32Array(samples.length * labels);
    // Where there are no maps, labels are of the whole picture, and stay with what is left of it.
    const fromMap = this.#dataset.labelMap !== undefined && losesLabels(plan.augment?.names ?? []);
    await Promise.all(
      samples.map(async (sample, i) => {
        const transforms = this.#draw(sample, plan);
        const images = await this.#images(sample, plan, transforms);
        images.forEach((image, t) => {
          normalize(image.data, frames, (i * plan.frames + t) * size);
        });
        const row = fromMap ? await this.#transformedTruth(sample, transforms) : this.#truth.get(sample.id)!;
        truth.set(row, i * labels);
      }),
    );
    return { samples: samples.length, frames, truth };
  }

  /** The labels that are still in the picture. */
  async #transformedTruth(sample: Sample, transforms: readonly Transform[]): Promise<Uint8Array> {
    let map = await this.#dataset.labelMap!(sample);
    for (const transform of transforms) map = transform.labels(map);
    return multiHot(new Set(map.codes), this.#dataset.spaces[0]);
  }

  #draw(sample: Sample, { augment }: BatchPlan): Transform[] {
    if (!augment) return [];
    return drawTransforms(
      augment.names,
      new Rng(`${augment.seed}/${augment.epoch}/${sample.id}`),
      this.#size,
    );
  }

  /** The sample's frames at the model's size, all changed alike. */
  async #images(sample: Sample, plan: BatchPlan, transforms: readonly Transform[]): Promise<RgbImage[]> {
    const { frames: count, speed, augment } = plan;
    const numbers = clipFrames({ target: keyFrameOf(sample), count, speed, frameCount: sample.frameCount });
    const change = (image: RgbImage) => transforms.reduce((changed, { image }) => image(changed), image);
    // A flip is the same before and after resizing; everything else is meant for the picture's own pixels.
    if (!augment || augment.names.every((name) => name === 'flip')) {
      return (await this.#resized.get(sample.video, numbers)).map(change);
    }
    const images = await this.#dataset.frames(sample.video, numbers);
    return images.map((image) => fit(change(image), this.#size));
  }
}

/** Frames at the model's size, the latest used kept within a number of bytes. */
class ResizedFrames {
  readonly #dataset: Dataset;
  readonly #size: number;
  readonly #images: FrameMemory;

  constructor(dataset: Dataset, size: number, memory: number) {
    this.#dataset = dataset;
    this.#size = size;
    this.#images = frameMemory(memory);
  }

  async get(video: string, numbers: readonly number[]): Promise<RgbImage[]> {
    const found = new Map<number, RgbImage>();
    for (const number of numbers) {
      const image = this.#images.get(`${video}/${number}`);
      if (image) found.set(number, image);
    }
    const missing = [...new Set(numbers)].filter((number) => !found.has(number));
    if (missing.length > 0) {
      const images = await this.#dataset.frames(video, missing);
      missing.forEach((number, i) => {
        const image = fit(images[i], this.#size);
        found.set(number, image);
        this.#images.set(`${video}/${number}`, image);
      });
    }
    return numbers.map((number) => found.get(number)!);
  }
}

function fit(image: RgbImage, size: number): RgbImage {
  return image.width === size && image.height === size ? image : resizeBilinear(image, size, size);
}

/** For each channel, a level's value after scaling to 0–1 and normalising. */
const levels = imagenetNormalization.mean.map((mean, channel) =>
  Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean) / imagenetNormalization.std[channel]),
);

function normalize(data: Uint8Array, target: Float32Array, offset: number): void {
  const [red, green, blue] = levels;
  for (let i = 0; i < data.length; i += 3) {
    target[offset + i] = red[data[i]];
    target[offset + i + 1] = green[data[i + 1]];
    target[offset + i + 2] = blue[data[i + 2]];
  }
}
