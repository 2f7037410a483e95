import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { goldenFrames, goldenInputs } from '../../exporters/golden.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { clips, frames } from '../bundle-parts.ts';

const sha256 = (bytes: Tensor['data']) => createHash('sha256').update(bytes).digest('hex');

/** The mean difference of levels between pixels that are neighbours in a row. */
function roughness(frame: Uint8Array, width: number): number {
  let [sum, count] = [0, 0];
  for (let i = 3; i < frame.length; i++) {
    if (i % (width * 3) < 3) continue;
    sum += Math.abs(frame[i] - frame[i - 3]);
    count += 1;
  }
  return sum / count;
}

describe('goldenFrames', () => {
  it('are blobs, a texture and noise, each over the whole range of bytes', () => {
    const { shape, data } = goldenFrames([96, 120, 3]);
    expect(shape).toEqual([3, 96, 120, 3]);
    const frames = [0, 1, 2].map((i) =>
      (data as Uint8Array).subarray(i * 96 * 120 * 3, (i + 1) * 96 * 120 * 3),
    );
    const [blobs, texture, noise] = frames.map((frame) => roughness(frame, 120));
    // Two uniform levels are 85 apart on the mean; over cells of 24 and 5 pixels that is spread out.
    expect(blobs).toBeLessThan(5);
    expect(texture).toBeGreaterThan(2 * blobs);
    expect(texture).toBeLessThan(30);
    expect(noise).toBeGreaterThan(80);
    expect(noise).toBeLessThan(90);
    for (const frame of frames.slice(1)) {
      expect(Math.min(...frame)).toBeLessThan(5);
      expect(Math.max(...frame)).toBeGreaterThan(250);
    }
  });

  // Bundles hold them, and are compared by their bytes: an exporter that drew others would make all of them anew.
  it('are the same for the same shape and draw', () => {
    expect(sha256(goldenFrames([8, 6, 3]).data)).toBe(
      'deafd730109fbec3c57f1cb1e894596b39c34c7ea2d815284f2574dc2b87c7f8',
    );
    expect(sha256(goldenFrames([8, 6, 3], 1).data)).toBe(
      'c71fa42a91b8e7d757ec9dcf030b84041cfb6a57479dfdf546951fc3f663c181',
    );
    expect(sha256(goldenFrames([2, 8, 6, 3]).data)).toBe(
      'eb3cc0459f33b9a77d9d8ec7f87fa07b117defb3530a0924e407373154a83f0d',
    );
  });

  it('differ from frame to frame of a clip', () => {
    const { shape, data } = goldenFrames([4, 8, 6, 3]);
    expect(shape).toEqual([3, 4, 8, 6, 3]);
    const frames = Array.from({ length: 12 }, (_, i) => sha256(data.subarray(i * 144, (i + 1) * 144)));
    expect(new Set(frames).size).toBe(12);
  });

  it('are one texture where a sample is larger than a mebibyte', () => {
    expect(goldenFrames([590, 592, 3]).shape).toEqual([3, 590, 592, 3]);
    const { shape, data } = goldenFrames([592, 592, 3]);
    expect(shape).toEqual([1, 592, 592, 3]);
    // Smooth between the middles of its 24 cells.
    expect(roughness(data as Uint8Array, 592)).toBeLessThan(6);
    expect(roughness(data as Uint8Array, 592)).toBeGreaterThan(1.5);
    expect(goldenFrames([8, 224, 224, 3]).shape).toEqual([1, 8, 224, 224, 3]);
  });
});

describe('goldenInputs', () => {
  it('are golden frames for inputs of RGB levels, under the names of these', () => {
    const size = { height: 8, width: 6 };
    expect(goldenInputs([...frames(size, 'a'), ...clips({ ...size, frames: 4 }, 'b')])).toEqual({
      a: goldenFrames([8, 6, 3]),
      b: goldenFrames([4, 8, 6, 3]),
    });
    expect(goldenInputs(frames(size), 2)).toEqual({ frames: goldenFrames([8, 6, 3], 2) });
  });

  it('are as many samples of each as of the one of fewest', () => {
    const { a, b } = goldenInputs([
      ...frames({ height: 8, width: 6 }, 'a'),
      ...clips({ height: 224, width: 224, frames: 8 }, 'b'),
    ]);
    expect([a.shape, b.shape]).toEqual([
      [1, 8, 6, 3],
      [1, 8, 224, 224, 3],
    ]);
    expect(a.data).toEqual(goldenFrames([8, 6, 3]).data.subarray(0, 144));
  });
});
