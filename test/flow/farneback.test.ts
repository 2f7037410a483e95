import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { denseFlow } from '../../src/flow/farneback.ts';
import { trackCorners } from '../../src/flow/tracks.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { readImage } from '../../src/node/image-file.ts';
import { closeness, floats, golden, images, trackDistance } from './golden-flow.ts';

const [first, second] = images(golden.flows[0]);

/** The picture as a mirror shows it. */
function mirrored({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const other = i - (i % width) + (width - 1 - (i % width));
    out.set(data.subarray(3 * i, 3 * i + 3), 3 * other);
  }
  return { width, height, data: out };
}

describe(`denseFlow against OpenCV ${golden.opencv} for Python`, () => {
  it.each(golden.flows)('$name', async (example) => {
    const { settings, width, height } = example;
    const flow = await denseFlow(images(example)[0], images(example)[1], {
      pyramidScale: settings.pyr_scale,
      levels: settings.levels,
      windowSize: settings.winsize,
      iterations: settings.iterations,
      polynomialSize: settings.poly_n,
      polynomialSigma: settings.poly_sigma,
    });
    expect([flow.width, flow.height, flow.data.length]).toEqual([width, height, width * height * 2]);
    // Seen: 0.00002 at most.
    expect(closeness(flow.data, floats(example.flow)).worst).toBeLessThan(1e-4);
  });

  it('has the settings of the two-stream systems where none are given', async () => {
    const { data } = await denseFlow(first, second);
    expect(closeness(data, floats(golden.flows[0].flow)).worst).toBeLessThan(1e-4);
  });

  const folder = fileURLToPath(new URL('../../../shared/real/frames/', import.meta.url));
  const isThere = existsSync(folder);
  if (!isThere) console.warn('skipped: flow of real frames (../shared/real/frames is absent)');
  it.skipIf(!isThere)('real frames (../shared/real/frames)', async () => {
    const { files, pixels, stride, flow: expected, tracks } = golden.real;
    const frames = await Promise.all(files.map((name) => readImage(`${folder}/${name}`)));
    const hashes = frames.map(({ data }) => createHash('sha256').update(data).digest('hex'));
    expect(hashes).toEqual(pixels);
    const { width, height, data } = await denseFlow(frames[0], frames[1]);
    const sampled: number[] = [];
    for (let y = 0; y < height; y += stride) {
      for (let x = 0; x < width; x += stride) {
        sampled.push(data[2 * (y * width + x)], data[2 * (y * width + x) + 1]);
      }
    }
    // Seen: 99.98 %, and 0.0015 at most, of motions up to 17 pixels.
    const { share, worst } = closeness(sampled, floats(expected));
    expect(share).toBeGreaterThan(0.999);
    expect(worst).toBeLessThan(0.01);
    // Seen: 0.00006.
    expect(trackDistance(await trackCorners(frames), tracks)).toBeLessThan(0.01);
  });
});

describe('denseFlow', () => {
  it('of mirrored frames is the mirrored flow, to the left where it went to the right', async () => {
    const { width, data } = await denseFlow(first, second);
    const { data: other } = await denseFlow(mirrored(first), mirrored(second));
    const expected = data.map((_, i) => {
      const column = (i >> 1) % width;
      const value = data[i + 2 * (width - 1 - 2 * column)];
      return i % 2 === 0 ? -value : value;
    });
    // Seen: 99.8 %, and 0.004 at most, at the edges.
    const { share, worst } = closeness(other, expected);
    expect(share).toBeGreaterThan(0.99);
    expect(worst).toBeLessThan(0.05);
    // The square and the ground both move to the right.
    const rightward = (flow: Float32Array) => flow.filter((value, i) => i % 2 === 0 && value > 0.5).length;
    expect(rightward(data)).toBeGreaterThan(data.length / 4);
    expect(rightward(other)).toBeLessThan(data.length / 40);
  });

  it('gives the same bytes again, whatever came between', async () => {
    const before = await denseFlow(first, second);
    await denseFlow(second, first, { windowSize: 15 });
    await trackCorners([second, first]);
    expect(await denseFlow(first, second)).toEqual(before);
  });

  it('of a frame and itself is none far from its edges, and one pixel is enough', async () => {
    const { width, data } = await denseFlow(first, first);
    for (let y = 16; y < 32; y++) {
      const row = data.subarray(2 * (y * width + 16), 2 * (y * width + 40));
      expect(Math.max(...row.map(Math.abs))).toBeLessThan(1e-3);
    }
    const pixel = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    expect([...(await denseFlow(pixel, pixel)).data]).toEqual([0, 0]);
  });

  it('refuses frames of two sizes, of no size, and with bytes missing', async () => {
    const small = { width: 2, height: 1, data: new Uint8Array(6) };
    await expect(denseFlow(first, small)).rejects.toThrow(
      'flow is between pictures of one size; received 80×64 and 2×1; resize them first',
    );
    const high = { width: 2, height: 3, data: new Uint8Array(18) };
    await expect(denseFlow(small, high)).rejects.toThrow('of one size; received 2×1 and 2×3');
    const wide = { width: 6, height: 1, data: new Uint8Array(18) };
    await expect(denseFlow(small, wide)).rejects.toThrow('of one size; received 2×1 and 6×1');
    for (const [width, height] of [
      [0, 1],
      [1, 0],
    ]) {
      const empty = { width, height, data: new Uint8Array() };
      const message = `flow needs pictures; received ${width}×${height} pixels`;
      await expect(denseFlow(empty, empty)).rejects.toThrow(message);
    }
    const large = { width: 4096, height: 2161, data: new Uint8Array() };
    await expect(denseFlow(large, large)).rejects.toThrow(
      'flow needs pictures of 4096×2160 pixels at most; received 4096×2161; resize them first',
    );
    const largest = { ...large, height: 2160 };
    await expect(denseFlow(largest, largest)).rejects.toThrow(
      'a picture has three bytes a pixel; received 0',
    );
    await expect(denseFlow(small, { ...small, data: new Uint8Array(5) })).rejects.toThrow(
      'a picture has three bytes a pixel; received 5 for 2×1',
    );
  });

  it.each([
    [{ pyramidScale: 1 }, 'pyramidScale must be above 0 and below 1; received 1'],
    [{ pyramidScale: 0 }, 'pyramidScale must be above 0 and below 1; received 0'],
    [{ levels: -1 }, 'levels must be a whole number, 0 or more; received -1'],
    [{ windowSize: 0 }, 'windowSize must be a whole number, 1 or more; received 0'],
    [{ iterations: 0.5 }, 'iterations must be a whole number, 1 or more; received 0.5'],
    [{ polynomialSize: 0 }, 'polynomialSize must be a whole number, 1 or more; received 0'],
    [{ polynomialSigma: Number.NaN }, 'polynomialSigma must be a number above 0; received NaN'],
  ])('refuses %j as wrong usage', async (options, message) => {
    await expect(denseFlow(first, second, options)).rejects.toMatchObject({ message, exitCode: 2 });
  });
});
