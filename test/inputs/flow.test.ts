import { describe, expect, it } from 'vitest';
import { goldenInputs } from '../../exporters/golden.ts';
import { denseFlow } from '../../src/flow/farneback.ts';
import { toFlowImage } from '../../src/flow/images.ts';
import { flowLines as drawLines } from '../../src/flow/lines.ts';
import { motionMap as mapOf } from '../../src/flow/motion-map.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { flow } from '../../src/inputs/flow.ts';
import { flowImages } from '../../src/inputs/flow-images.ts';
import { flowLines } from '../../src/inputs/flow-lines.ts';
import { motionMap } from '../../src/inputs/motion-map.ts';
import { InputPlan } from '../../src/inputs/plan.ts';

const size = { height: 36, width: 40 };

/** A texture that moves by two pixels a frame, to the right and then down. */
function frame(number: number, scale = 1): RgbImage {
  const [width, height] = [size.width * scale, size.height * scale];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x - 2 * number, y - number];
      const level = 128 + 60 * Math.sin(u / 4) * Math.cos(v / 5) + 40 * Math.sin((u + 2 * v) / 7);
      data.fill(level, (y * width + x) * 3, (y * width + x) * 3 + 3);
    }
  }
  return { width, height, data };
}

const planOf = (value: ReturnType<typeof flow>) => new InputPlan([{ name: 'in', ...value }]);
async function packed(value: ReturnType<typeof flow>, place: { key: number; frameCount: number }) {
  const plan = planOf(value);
  const numbers = plan.needs(place);
  const tensor = (await plan.pack([numbers.map((number) => frame(number, 2))])).in;
  return { numbers, tensor };
}
const small = (number: number) => resizeBilinear(frame(number, 2), size.width, size.height);

describe('flow', () => {
  it('is that from each frame to the next, at its own size, x and y last', async () => {
    const { numbers, tensor } = await packed(flow({ ...size, frames: 2 }), { key: 5, frameCount: 9 });
    expect(numbers).toEqual([5, 6, 6, 7]);
    expect(tensor.shape).toEqual([1, 2, 36, 40, 2]);
    const expected = [await denseFlow(small(5), small(6)), await denseFlow(small(6), small(7))];
    expect([...tensor.data]).toEqual(expected.flatMap(({ data }) => [...data]));
  });

  it('as a stack has every x before every y', async () => {
    const { tensor } = await packed(flow({ ...size, frames: 3, layout: 'stack' }), { key: 4, frameCount: 9 });
    expect(tensor.shape).toEqual([1, 36, 40, 6]);
    const fields = await Promise.all([3, 4, 5].map((number) => denseFlow(small(number), small(number + 1))));
    for (const pixel of [0, 555, 36 * 40 - 1]) {
      const channels = [...tensor.data.slice(pixel * 6, pixel * 6 + 6)];
      expect(channels).toEqual([0, 1].flatMap((c) => fields.map(({ data }) => data[pixel * 2 + c])));
    }
  });

  it.each([
    [{ frames: 4, at: 'video' as const }, { key: 1, frameCount: 17 }, [3, 4, 7, 8, 11, 12, 15, 16]],
    [{ frames: 2, at: 'end' as const }, { key: 5, frameCount: 9 }, [4, 5, 5, 6]],
    [{ frames: 2, speed: 3 }, { key: 5, frameCount: 9 }, [5, 6, 8, 9]],
    // The last frame has none after it.
    [{ frames: 2 }, { key: 9, frameCount: 9 }, [7, 8, 8, 9]],
    [{ frames: 2, at: 'video' as const }, { key: 1, frameCount: 1 }, [1, 1, 1, 1]],
  ])('of %j at %j is of frames %j', (options, place, numbers) => {
    expect(planOf(flow({ ...size, ...options })).needs(place)).toEqual(numbers);
  });

  it('of a video of one frame is none', async () => {
    const still = { key: 1, frameCount: 1 };
    const { tensor } = await packed(flow({ ...size, frames: 1 }), still);
    const middle = [...Array(16).keys()].flatMap((y) => [
      ...tensor.data.slice(((10 + y) * 40 + 10) * 2, ((10 + y) * 40 + 30) * 2),
    ]);
    expect(Math.max(...middle.map(Math.abs))).toBeLessThan(0.01);
  });

  it('as pictures is that of `toFlowImage`', async () => {
    const { tensor } = await packed(flowImages({ ...size, frames: 1, bound: 4 }), { key: 5, frameCount: 9 });
    expect(tensor).toMatchObject({ dtype: 'uint8', shape: [1, 1, 36, 40, 3] });
    expect(tensor.data).toEqual(toFlowImage(await denseFlow(small(5), small(6)), { bound: 4 }).data);
  });

  it('has golden inputs that are no levels', () => {
    const { in: golden } = goldenInputs([{ name: 'in', ...flow({ ...size, frames: 2 }) }]);
    expect(golden.shape).toEqual([3, 2, 36, 40, 2]);
    expect(golden.dtype).toBe('float32');
    const values = [...golden.data];
    expect(Math.min(...values)).toBeLessThan(-1);
    expect(Math.max(...values)).toBeGreaterThan(1);
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(9);
  });
});

describe('flow lines', () => {
  it.each(['frame', 'black'] as const)(
    'are drawn on the %s at the size of the video, and resized',
    async (on) => {
      const { numbers, tensor } = await packed(flowLines({ ...size, frames: 4, on }), {
        key: 5,
        frameCount: 9,
      });
      expect(numbers).toEqual([4, 5, 6, 7]);
      const drawn = await drawLines(
        numbers.map((number) => frame(number, 2)),
        { key: 1, on },
      );
      expect(tensor).toMatchObject({ dtype: 'uint8', shape: [1, 36, 40, 3] });
      expect(tensor.data).toEqual(resizeBilinear(drawn, size.width, size.height).data);
    },
  );

  it('keep the key frame in their middle at the ends of the video', () => {
    const plan = planOf(flowLines({ ...size, frames: 5, speed: 2 }));
    expect(plan.needs({ key: 2, frameCount: 9 })).toEqual([1, 1, 2, 4, 6]);
    expect(plan.needs({ key: 9, frameCount: 9 })).toEqual([5, 7, 9, 9, 9]);
  });
});

describe('a motion map', () => {
  it('is 1 where the flow at the key frame is long enough', async () => {
    const { numbers, tensor } = await packed(motionMap({ ...size, threshold: 0.9 }), {
      key: 5,
      frameCount: 9,
    });
    expect(numbers).toEqual([5, 6]);
    expect(tensor.shape).toEqual([1, 36, 40, 1]);
    expect([...tensor.data]).toEqual([...mapOf(await denseFlow(small(5), small(6)), { threshold: 0.9 })]);
    expect(new Set(tensor.data)).toEqual(new Set([0, 1]));
  });
});

it('inputs of flow say what they are', () => {
  const titles = [
    flow({ ...size, frames: 16, at: 'video' }),
    flow({ ...size, frames: 5, layout: 'stack', speed: 2 }),
    flowImages({ ...size, frames: 1, at: 'end' }),
    flowLines({ ...size, frames: 10 }),
    motionMap(size),
  ].map((value) => planOf(value).inputs.get('in')!.title);
  expect(titles).toEqual([
    '16 flows of 40×36, equally spaced over the video',
    '5 flows of 40×36, 2 apart, around the key frame, as channels',
    '1 flow of 40×36, up to the key frame, as pictures',
    'tracks over 10 frames around the key frame, on it, 40×36',
    'where something moves at the key frame, 40×36',
  ]);
});
