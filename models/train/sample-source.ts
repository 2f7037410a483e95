import { setImmediate } from 'node:timers/promises';
import { type LabelSpace, multiHot, unionTruth } from '../../src/core/labels.ts';
import type { Normalization } from '../../src/core/normalization.ts';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { type Dataset, keyFrameOf, type Sample, truthIn } from '../../src/datasets/dataset.ts';
import { type FrameMemory, frameMemory } from '../../src/image/frame-memory.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { type FrameSize, noFrame, type Values } from '../../src/inputs/input.ts';
import { framesAt, type InputPlan } from '../../src/inputs/plan.ts';
import type { Augmentation } from './augment/augmentation.ts';
import { drawTransforms, losesLabels, type Transform } from './augment/index.ts';

/** What a model is fed. */
export interface Batch {
  readonly samples: number;
  /** By name: values of [N, ...shape], RGB levels normalised. */
  readonly inputs: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
  >;
  /** [N, labels], 0 or 1. */
  readonly truth: Float32Array;
}

/** What is looked at of a sample and, in training, how it is changed. */
export interface BatchPlan {
  readonly inputs: InputPlan;
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
  readonly #space: LabelSpace;
  readonly #resized: ResizedFrames;
  /** Multi-hot rows by sample. */
  readonly #truth = new Map<string, Uint8Array>();

  /**
   * @param space the labels that the truth is in
   * @param memory bytes of resized frames to keep
   */
  constructor(dataset: Dataset, space: LabelSpace, memory = 2 ** 30) {
    this.#dataset = dataset;
    this.#space = space;
    this.#resized = new ResizedFrames(dataset, memory);
  }

  /** Reads the labels of samples, once, before batches of them are made. */
  async readLabels(samples: readonly Sample[]): Promise<void> {
    const truth = await truthIn(this.#dataset, samples, this.#space.name);
    const labels = this.#space.names.length;
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
    const inputs = Object.fromEntries(
      [...plan.inputs.inputs].map(([name, { shape }]) => {
        return [name, { shape, data: new Float32Array(samples.length * sizeOf(shape)) }];
      }),
    );
    const labels = this.#space.names.length;
    const truth = new Float32Array(samples.length * labels);
    // Where there are no maps, labels are of the whole picture, and stay with what is left of it.
    const fromMap = this.#dataset.labelMap !== undefined && losesLabels(plan.augment?.names ?? []);
    await Promise.all(
      samples.map(async (sample, i) => {
        const transforms = this.#draw(sample, plan);
        const values = await plan.inputs.prepare(await this.#images(sample, plan, transforms));
        for (const [name, own] of values) {
          const { normalization } = plan.inputs.inputs.get(name)!;
          const { data } = inputs[name];
          if (normalization) normalize(own, normalization, data, i * own.length);
          else data.set(own, i * own.length);
        }
        const row = fromMap ? await this.#transformedTruth(sample, transforms) : this.#truth.get(sample.id)!;
        truth.set(row, i * labels);
      }),
    );
    return { samples: samples.length, inputs, truth };
  }

  /** The labels that are still in the picture. */
  async #transformedTruth(sample: Sample, transforms: readonly Transform[]): Promise<Uint8Array> {
    let map = await this.#dataset.labelMap!(sample);
    for (const transform of transforms) map = transform.labels(map);
    const [main] = this.#dataset.spaces;
    const truth = multiHot(new Set(map.codes), main);
    return this.#space.of ? unionTruth(truth, main.names.length, this.#space) : truth;
  }

  #draw(sample: Sample, { inputs, augment }: BatchPlan): Transform[] {
    if (!augment) return [];
    const rng = new Rng(`${augment.seed}/${augment.epoch}/${sample.id}`);
    // A crop is of the size that the first input has.
    return drawTransforms(augment.names, rng, inputs.sizes[0]?.width ?? 0);
  }

  /** The sample's frames, each of its size, all changed alike. */
  async #images(
    sample: Sample,
    { inputs, augment }: BatchPlan,
    transforms: readonly Transform[],
  ): Promise<RgbImage[]> {
    const { video, frameCount } = sample;
    const numbers = inputs.needs({ key: keyFrameOf(sample), frameCount });
    const change = (image: RgbImage) => transforms.reduce((changed, { image }) => image(changed), image);
    // A flip is the same before and after resizing; everything else is meant for the picture's own pixels.
    if (!augment || augment.names.every((name) => name === 'flip')) {
      return (await this.#resized.get(video, numbers, inputs.sizes)).map(change);
    }
    const images = await framesAt(numbers, (present) => this.#dataset.frames(video, present));
    // Where the video has no frame there is nothing to change: a crop would put its border around the black.
    return images.map((image, i) => fit(numbers[i] === noFrame ? image : change(image), inputs.sizes[i]));
  }
}

/** Frames at the sizes that models take, the latest used kept within a number of bytes. */
class ResizedFrames {
  readonly #dataset: Dataset;
  readonly #images: FrameMemory;

  constructor(dataset: Dataset, memory: number) {
    this.#dataset = dataset;
    this.#images = frameMemory(memory);
  }

  /** @param sizes one a number */
  async get(
    video: string,
    numbers: readonly number[],
    sizes: readonly (FrameSize | null)[],
  ): Promise<RgbImage[]> {
    const keys = numbers.map((number, i) => `${video}/${number}/${sizes[i]?.width}x${sizes[i]?.height}`);
    const found = new Map<string, RgbImage>();
    for (const key of keys) {
      const image = this.#images.get(key);
      if (image) found.set(key, image);
    }
    const missing = [...new Set(numbers.filter((_, i) => !found.has(keys[i])))];
    const decoded = await framesAt(missing, (present) => this.#dataset.frames(video, present));
    return keys.map((key, i) => {
      const known = found.get(key);
      if (known) return known;
      const image = fit(decoded[missing.indexOf(numbers[i])], sizes[i]);
      found.set(key, image);
      this.#images.set(key, image);
      return image;
    });
  }
}

function fit(image: RgbImage, size: FrameSize | null): RgbImage {
  if (!size || (image.width === size.width && image.height === size.height)) return image;
  return resizeBilinear(image, size.width, size.height);
}

/** RGB levels, as (x / 255 − mean) / std, each channel's levels computed once. */
function normalize(levels: Values, { mean, std }: Normalization, target: Float32Array, offset: number): void {
  const [red, green, blue] = mean.map((mean, channel) =>
    Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean) / std[channel]),
  );
  for (let i = 0; i < levels.length; i += 3) {
    target[offset + i] = red[levels[i]];
    target[offset + i + 1] = green[levels[i + 1]];
    target[offset + i + 2] = blue[levels[i + 2]];
  }
}
