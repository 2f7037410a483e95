import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Augmentation } from '../../../models/train/augment/augmentation.ts';
import { type Batch, type BatchPlan, SampleSource } from '../../../models/train/sample-source.ts';
import { a2dActionLabels, a2dActorLabels, a2dLabels, multiHot } from '../../../src/core/labels.ts';
import type { Dataset, Sample } from '../../../src/datasets/dataset.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { resizeBilinear } from '../../../src/image/resize.ts';
import { clip } from '../../../src/inputs/clip.ts';
import { frame } from '../../../src/inputs/frame.ts';
import type { FrameSize } from '../../../src/inputs/input.ts';
import { InputPlan } from '../../../src/inputs/plan.ts';
import { square } from '../../../src/inputs/rgb.ts';

interface GoldenBatch {
  frames: number;
  speed: number;
  names: Augmentation[] | null;
  seed: number;
  epoch: number;
  /** float32, base64. */
  values: string;
  truth: number[][];
}
// NumPy's, Pillow's and OpenCV's: test/golden/training-batches.py.
const golden: {
  size: number;
  width: number;
  height: number;
  videos: Record<string, number>;
  samples: [string, number][];
  batches: GoldenBatch[];
} = JSON.parse(readFileSync(new URL('../../golden/training-batches.json', import.meta.url), 'utf8'));
const { width, height, size } = golden;

const samples = golden.samples.map(
  ([video, frame]): Sample => ({
    ...{ id: `${video}/${String(frame).padStart(5, '0')}`, video, frame },
    frameCount: golden.videos[video],
  }),
);

/** The picture of the golden script. */
function picture(video: string, number: number): RgbImage {
  const first = Object.keys(golden.videos).indexOf(video) * 101 + number * 37;
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
    return (first + y * y * 5 + x * 23 + c * 71) % 256;
  });
  return { width, height, data };
}

/** Its label map. */
function codesOf({ video, frame }: Sample): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    if (y === 0 && x === 2) return 46;
    if (y === 0 && x === 17) return 48;
    if (x < 2) return 11;
    if (x >= 19) return 79;
    return y < 1 + (frame! % 2) ? (video === 'left' ? 36 : 44) : 0;
  });
}

/** The data set of the golden script, in memory, and which frames it was asked for. */
function memoryDataset() {
  const asked: string[] = [];
  const dataset: Dataset = {
    ...{
      name: 'golden',
      root: '',
      spaces: [a2dLabels, a2dActorLabels, a2dActionLabels],
      splits: ['train'],
      broken: [],
    },
    samples: async () => samples,
    truth: async (of) => Uint8Array.from(of.flatMap((sample) => [...multiHot(codesOf(sample), a2dLabels)])),
    frames: async (video, numbers) => {
      expect(numbers).not.toHaveLength(0);
      return numbers.map((number) => {
        asked.push(`${video}/${number}`);
        return picture(video, number);
      });
    },
    labelMap: async (sample) => ({ width, height, codes: codesOf(sample) }),
  };
  return { dataset, asked };
}

async function collected(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

interface Wanted extends Omit<GoldenBatch, 'values' | 'truth'> {
  /** Of the square input. Default: the golden script's. */
  readonly side?: number;
}

const picturesOf = ({ inputs }: Batch) => inputs.pictures.data;

/** One input of so many frames. */
function planOf({ frames, speed, names, seed, epoch, side = size }: Wanted): BatchPlan {
  const input = frames === 1 ? frame(square(side)) : clip({ ...square(side), frames, speed });
  return {
    inputs: new InputPlan([{ name: 'pictures', ...input }]),
    augment: names === null ? undefined : { names, seed, epoch },
  };
}

async function batchesOf(
  source: SampleSource,
  wanted: Wanted,
  batch = samples.length,
  of: readonly Sample[] = samples,
): Promise<Batch[]> {
  await source.readLabels(of);
  return collected(source.batches(of, planOf(wanted), batch));
}

/** The key frames of all samples, resized and normalised. */
function plainly({ height: high, width: wide }: FrameSize): number[] {
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  return samples.flatMap(({ video, frame: key }) =>
    Array.from(resizeBilinear(picture(video, key!), wide, high).data, (level, i) =>
      Math.fround((level / 255 - mean[i % 3]) / std[i % 3]),
    ),
  );
}

const sourceOf = (dataset: Dataset, memory?: number) => new SampleSource(dataset, a2dLabels, memory);

const floats = (base64: string) => new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

const title = ({ frames, speed, names, seed, epoch }: GoldenBatch) =>
  `${frames} × ${speed}, ${names === null ? 'as it is' : `${names.join('+') || 'nothing'} of seed ${seed}, epoch ${epoch}`}`;

describe('a batch against NumPy, Pillow and OpenCV', () => {
  it.each(golden.batches.map((batch) => [title(batch), batch] as const))('%s', async (_, wanted) => {
    const [batch, ...more] = await batchesOf(sourceOf(memoryDataset().dataset), wanted);
    expect([batch.samples, more.length]).toEqual([samples.length, 0]);
    expect([...batch.truth]).toEqual(wanted.truth.flat());
    const expected = floats(wanted.values);
    expect(picturesOf(batch)).toHaveLength(expected.length);
    const differences = Array.from(picturesOf(batch), (value, i) => Math.abs(value - expected[i]));
    // A level is 0.0175 after normalising; where a turn or blur falls between two levels, either may be taken.
    expect(Math.max(...differences)).toBeLessThan(0.018);
    const unequal = differences.filter((difference) => difference > 1e-6).length;
    expect(unequal / differences.length).toBeLessThan(0.005);
  });

  it.each(golden.batches.map((batch) => [title(batch), batch] as const))(
    'has the actors and the actions of its labels: %s',
    async (_, wanted) => {
      // Codes are 10 · actor + action, both from 1.
      const marginals = [
        { space: a2dActorLabels, count: 7, of: (code: number) => Math.floor(code / 10) },
        { space: a2dActionLabels, count: 9, of: (code: number) => code % 10 },
      ];
      for (const { space, count, of } of marginals) {
        const [batch] = await batchesOf(new SampleSource(memoryDataset().dataset, space), wanted);
        const expected = wanted.truth.flatMap((row) => {
          const left = new Set(a2dLabels.codes.filter((_, i) => row[i] === 1).map(of));
          return Array.from({ length: count }, (_, i) => Number(left.has(i + 1)));
        });
        expect([...batch.truth], space.name).toEqual(expected);
      }
    },
  );

  it('loses actors as it loses labels', () => {
    const actorsOf = ({ truth }: GoldenBatch) =>
      truth
        .map(
          (row) =>
            new Set(a2dLabels.codes.filter((_, i) => row[i] === 1).map((code) => Math.floor(code / 10))).size,
        )
        .join();
    expect(new Set(golden.batches.map(actorsOf)).size).toBeGreaterThan(2);
  });

  it('covers every change, drawn and not drawn, and labels that are lost', () => {
    const whole = golden.batches[0].truth.flat().reduce((sum, value) => sum + value, 0);
    const lost = golden.batches.filter(
      ({ truth }) => truth.flat().reduce((sum, value) => sum + value, 0) < whole,
    );
    expect(lost.length).toBeGreaterThan(3);
    expect(new Set(golden.batches.map(({ values }) => values)).size).toBeGreaterThan(15);
  });
});

describe('batches', () => {
  const plain = { frames: 1, speed: 1, names: null, seed: 0, epoch: 0 };
  const many = Array.from({ length: 7 }, (_, i) => samples[i % 3]);

  it('are the same samples whatever the size of a batch, the last one smaller', async () => {
    const { dataset } = memoryDataset();
    const [whole] = await batchesOf(sourceOf(dataset), plain, 7, many);
    const parts = await batchesOf(sourceOf(dataset), plain, 3, many);
    expect(parts.map((batch) => batch.samples)).toEqual([3, 3, 1]);
    expect(parts.flatMap((batch) => [...picturesOf(batch)])).toEqual([...picturesOf(whole)]);
    expect(parts.flatMap(({ truth }) => [...truth])).toEqual([...whole.truth]);
  });

  it('are the same whichever sample is decoded first', async () => {
    const { dataset } = memoryDataset();
    const [whole] = await batchesOf(sourceOf(dataset), plain);
    let turns = samples.length;
    const backwards: Dataset = {
      ...dataset,
      frames: async (video, numbers) => {
        for (let left = turns--; left > 0; left--) await setImmediate();
        return dataset.frames(video, numbers);
      },
    };
    expect(await batchesOf(sourceOf(backwards), plain)).toEqual([whole]);
  });

  it('begin where they are asked to', async () => {
    const source = sourceOf(memoryDataset().dataset);
    const all = await batchesOf(source, plain, 2, many);
    const rest = await collected(source.batches(many, planOf(plain), 2, 2));
    expect(rest).toEqual(all.slice(2));
    expect(await collected(source.batches(many, planOf(plain), 2, 4))).toEqual([]);
  });

  it('change a sample alike in whatever order and batch it comes', async () => {
    const changed = {
      ...plain,
      names: ['rotate', 'blur', 'flip'] satisfies Augmentation[],
      seed: 3,
      epoch: 2,
    };
    const source = sourceOf(memoryDataset().dataset);
    const [forth] = await batchesOf(source, changed);
    const back = await batchesOf(source, changed, 1, samples.toReversed());
    expect(back.toReversed().flatMap((batch) => [...picturesOf(batch)])).toEqual([...picturesOf(forth)]);
  });

  it.each([
    ['as they are', null],
    ['without changes', []],
    ['mirrored', ['flip'] satisfies Augmentation[]],
  ])('take frames that were resized before from memory, and the others only once: %s', async (_, names) => {
    const { dataset, asked } = memoryDataset();
    const source = sourceOf(dataset);
    const clips = { ...plain, names, frames: 4, speed: 1 };
    await batchesOf(source, clips, 1);
    expect(asked).toHaveLength(new Set(asked).size);
    const before = asked.length;
    const [again] = await batchesOf(source, clips);
    expect(asked).toHaveLength(before);
    expect(again).toEqual((await batchesOf(sourceOf(memoryDataset().dataset), clips))[0]);
  });

  it('keep a frame at every size that an input has', async () => {
    const sizes = [
      { height: 4, width: 6 },
      { height: 4, width: 3 },
      { height: 3, width: 6 },
    ];
    const inputs = new InputPlan(sizes.map((own, i) => ({ name: `input${i}`, ...frame(own) })));
    const source = sourceOf(memoryDataset().dataset);
    await source.readLabels(samples);
    for (let round = 0; round < 2; round++) {
      const [batch] = await collected(source.batches(samples, { inputs }, samples.length));
      for (const [i, own] of sizes.entries()) {
        expect([...batch.inputs[`input${i}`].data]).toEqual(plainly(own));
      }
    }
  });

  it('keep the latest frames only, where memory is short', async () => {
    const { dataset, asked } = memoryDataset();
    const source = sourceOf(dataset, 2.5 * size * size * 3);
    for (const [i, count] of [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [0, 3],
      [1, 4],
    ] as const) {
      await batchesOf(source, plain, 1, [samples[i]]);
      expect(asked, `sample ${i}`).toHaveLength(count);
    }
  });

  it('resize pictures of which one side is right already', async () => {
    for (const side of [width, height]) {
      const [batch] = await batchesOf(sourceOf(memoryDataset().dataset), { ...plain, side });
      expect([...picturesOf(batch)]).toEqual(plainly(square(side)));
    }
  });

  it('hand on what a data set throws', async () => {
    const { dataset } = memoryDataset();
    const broken: Dataset = { ...dataset, frames: () => Promise.reject(new Error('gone')) };
    await expect(batchesOf(sourceOf(broken), plain)).rejects.toThrow('gone');
  });

  it('are decoded one ahead of the one at hand, whose failure is heard of in its turn', async () => {
    const { dataset, asked } = memoryDataset();
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const failing: Dataset = {
      ...dataset,
      frames: (video, numbers) =>
        video === 'right' ? Promise.reject(new Error('gone')) : dataset.frames(video, numbers),
    };
    const source = sourceOf(failing);
    await source.readLabels(samples);
    const batches = source.batches(samples, planOf(plain), 1);
    await batches.next();
    expect(asked).toEqual(['left/1', 'left/5']);
    await batches.next();
    // The third has failed by now, and nobody has asked for it yet.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    await expect(batches.next()).rejects.toThrow('gone');
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  it('let signals have their turn between them', async () => {
    const source = sourceOf(memoryDataset().dataset);
    await source.readLabels(samples);
    const turns: number[] = [];
    let step = 0;
    for await (const _ of source.batches(samples, planOf(plain), 1)) {
      const at = step++;
      void setImmediate().then(() => turns.push(at, step));
    }
    // Each came while its batch was the latest.
    expect(turns).toEqual([0, 1, 1, 2, 2, 3]);
  });
});
