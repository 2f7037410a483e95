import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';

interface Golden {
  source: [number, number];
  target: [number, number];
  sha256: string;
  pixels?: string;
}
const golden: { pillow: string; cases: Golden[] } = JSON.parse(
  readFileSync(new URL('../golden/pillow-resize.json', import.meta.url), 'utf8'),
);

/** The picture of test/golden/pillow-resize.py. */
function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edge = ((Math.floor(x / 5) + Math.floor(y / 3)) % 2) * 255;
      data.set([(x * 37 + y * 11) % 256, (x * x + 3 * y) % 251, edge], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

describe(`resizeBilinear against Pillow ${golden.pillow}`, () => {
  it.each(golden.cases)('$source → $target gives the same bytes', ({ source, target, sha256, pixels }) => {
    const resized = resizeBilinear(picture(...source), ...target);
    expect([resized.width, resized.height]).toEqual(target);
    if (pixels) expect(Array.from(resized.data)).toEqual(Array.from(Buffer.from(pixels, 'base64')));
    expect(createHash('sha256').update(resized.data).digest('hex')).toBe(sha256);
  });
});

describe('resizeBilinear', () => {
  it('leaves an image of the right size alone', () => {
    const image = picture(7, 5);
    expect(resizeBilinear(image, 7, 5)).toBe(image);
  });

  it('gives the same whatever was resized before, by the same ratio too', () => {
    const fresh = resizeBilinear(picture(16, 16), 8, 8).data;
    resizeBilinear(picture(8, 8), 4, 4);
    resizeBilinear(picture(32, 32), 16, 16);
    for (let side = 20; side < 120; side++) resizeBilinear(picture(side, 3), 7, 3);
    expect(resizeBilinear(picture(16, 16), 8, 8).data).toEqual(fresh);
    // By hand, of a plane that rises by 8 a pixel: the four nearest, weighed 1 3 3 1, or 3 3 1 at the ends.
    const ramp = {
      width: 8,
      height: 1,
      data: Uint8Array.from({ length: 24 }, (_, i) => 8 * Math.floor(i / 3)),
    };
    const reds = resizeBilinear(ramp, 4, 1).data.filter((_, i) => i % 3 === 0);
    expect([...reds]).toEqual([6, 20, 36, 50]);
  });

  it('keeps weights for some sizes only', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const heldBytes = async () => {
      // Buffers are given back a little after they are found.
      for (let i = 0; i < 3; i++) {
        collect();
        await setImmediate();
      }
      return process.memoryUsage().arrayBuffers;
    };
    const row = (width: number) => ({ width, height: 1, data: new Uint8Array(3 * width) });
    const before = await heldBytes();
    // To one pixel, with two weights of four bytes for each of 8,000: 64 kB a size, 10 MB for all.
    for (let i = 0; i < 160; i++) resizeBilinear(row(8000 + i), 1, 1);
    expect((await heldBytes()) - before).toBeLessThan(6e6);
  });

  it('keeps an even colour even, up to white', () => {
    const white = { width: 301, height: 199, data: new Uint8Array(301 * 199 * 3).fill(255) };
    expect(new Set(resizeBilinear(white, 224, 224).data)).toEqual(new Set([255]));
  });

  it('refuses sides that are not positive whole numbers', () => {
    expect(() => resizeBilinear(picture(4, 4), 0, 3)).toThrow('positive whole sides; received 0×3');
    for (const [width, height] of [
      [2.5, 3],
      [3, 2.5],
      [3, 0],
      [-1, 3],
      [3, -1],
      [Number.NaN, 3],
      [3, Number.POSITIVE_INFINITY],
    ]) {
      expect(() => resizeBilinear(picture(4, 4), width, height)).toThrow(RangeError);
    }
  });
});
