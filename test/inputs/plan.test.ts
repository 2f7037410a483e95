import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { framesAt, graphInputsOf, InputPlan } from '../../src/inputs/plan.ts';
import { spread } from '../../src/inputs/spread.ts';
import { clips, frames, windowed } from '../bundle-parts.ts';

/** A picture whose every byte is its own. */
function counted(from: number, width = 2, height = 2): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => from + i) };
}

const plain = (level: number, width: number, height: number): RgbImage => ({
  ...{ width, height, data: new Uint8Array(width * height * 3).fill(level) },
});

const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const two = { height: 2, width: 2 };

describe('inputs', () => {
  it('lay samples and their frames one after another', async () => {
    const [a, b, c, d] = [0, 12, 24, 36].map((from) => counted(from));
    const packed = await new InputPlan(clips({ ...two, frames: 2 })).pack([
      [a, b],
      [c, d],
    ]);
    expect(packed).toEqual({
      frames: { dtype: 'uint8', shape: [2, 2, 2, 2, 3], data: Uint8Array.from(range(0, 48)) },
    });
    expect(await new InputPlan(frames(two)).pack([[b], [a], [b]])).toEqual({
      frames: {
        ...{ dtype: 'uint8', shape: [3, 2, 2, 3] },
        data: Uint8Array.from([...range(12, 12), ...range(0, 12), ...range(12, 12)]),
      },
    });
  });

  it('keep the axis of time for clips of one frame', async () => {
    const packed = await new InputPlan(clips({ ...two, frames: 1 })).pack([[counted(0)]]);
    expect(packed.frames.shape).toEqual([1, 1, 2, 2, 3]);
  });

  it('resize what has another size, each picture to its own', async () => {
    const plan = new InputPlan(clips({ height: 3, width: 4, frames: 2 }));
    const { shape, data } = (await plan.pack([[plain(40, 5, 3), plain(90, 1, 1)]])).frames;
    expect(shape).toEqual([1, 2, 3, 4, 3]);
    expect([...data]).toEqual([...Array(36).fill(40), ...Array(36).fill(90)]);
  });

  it('put the frames of a smaller window into the upper left corner, at its own size', async () => {
    const windows = [
      { frames: 1, speed: 1, height: 3, width: 4 },
      { frames: 1, speed: 1, height: 2, width: 2 },
      { frames: 1, speed: 1, height: 2, width: 4 },
    ];
    const plan = new InputPlan(windowed({ height: 3, width: 4, windows }));
    // The same picture is asked for in three sizes.
    const packed = async (image: RgbImage) => [...(await plan.pack([[image, image, image]])).frames.data];
    const row = (level: number, pixels: number) => [
      ...Array(pixels * 3).fill(level),
      ...Array((4 - pixels) * 3).fill(0),
    ];
    const none = row(0, 4);
    expect(await packed(plain(7, 4, 3))).toEqual([
      ...[...row(7, 4), ...row(7, 4), ...row(7, 4)],
      ...[...row(7, 2), ...row(7, 2), ...none],
      ...[...row(7, 4), ...row(7, 4), ...none],
    ]);
    const corner = (await packed(counted(1))).slice(36, 72);
    const beside = Array(6).fill(0);
    expect(corner).toEqual([...range(1, 6), ...beside, ...range(7, 6), ...beside, ...none]);
  });

  it('of several kinds take their frames one input after the other, each at its own size', async () => {
    const named = [
      ...frames({ height: 4, width: 5 }, 'picture'),
      ...clips({ ...two, frames: 2, speed: 2, at: 'end', edge: 'zero' }, 'clip'),
      { name: 'whole', ...spread({ height: 1, width: 1, frames: 2 }) },
    ];
    const plan = new InputPlan(named);
    expect(plan.needs({ key: 2, frameCount: 8 })).toEqual([2, 0, 2, 3, 7]);
    expect(plan.sizes).toHaveLength(5);
    const video = (numbers: readonly number[]) => numbers.map((number) => counted(number * 10, 6, 4));
    const seen = await framesAt(plan.needs({ key: 2, frameCount: 8 }), async (numbers) => {
      expect(numbers).toEqual([2, 2, 3, 7]);
      return video(numbers);
    });
    const packed = await plan.pack([seen]);
    expect(Object.keys(packed)).toEqual(['picture', 'clip', 'whole']);
    const resized = (number: number, height: number, width: number) => [
      ...resizeBilinear(video([number])[0], width, height).data,
    ];
    expect([...packed.picture.data]).toEqual(resized(2, 4, 5));
    expect([...packed.clip.data]).toEqual([...Array(12).fill(0), ...resized(2, 2, 2)]);
    expect([...packed.whole.data]).toEqual([...resized(3, 1, 1), ...resized(7, 1, 1)]);
    expect(packed.whole.shape).toEqual([1, 2, 1, 1, 3]);
  });

  it('say what they are', () => {
    const titles = (named: ReturnType<typeof frames>) =>
      [...new InputPlan(named).inputs.values()].map(({ title }) => title);
    expect(titles(frames({ height: 4, width: 5 }))).toEqual(['the key frame, 5×4']);
    expect(titles(clips({ ...two, frames: 16 }))).toEqual(['16 frames of 2×2, around the key frame']);
    expect(titles(clips({ ...two, frames: 4, speed: 2, at: 'end', edge: 'zero' }))).toEqual([
      '4 frames of 2×2, 2 apart, up to the key frame, black beyond the video',
    ]);
    expect(titles([{ name: 'a', ...spread({ ...two, frames: 1 }) }])).toEqual([
      '1 frame of 2×2, equally spaced over the video',
    ]);
  });

  it('say how a graph is to normalise them', () => {
    const own = { mean: [0.1, 0.2, 0.3], std: [1, 2, 3] } as const;
    expect(graphInputsOf(frames({ ...two, mean: [...own.mean], std: [...own.std] }, 'a'))).toEqual([
      { name: 'a', normalization: own },
    ]);
  });
});
