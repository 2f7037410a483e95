import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type VideoColour, videoColour, yuvToRgb } from '../../src/image/colour.ts';

interface Golden {
  width: number;
  height: number;
  planes: string;
  cases: (VideoColour & { by: string; rgb: string })[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/video-colour.json', import.meta.url), 'utf8'),
);
const { width, height } = golden;
const bytes = new Uint8Array(Buffer.from(golden.planes, 'base64'));
const quarter = (width * height) / 4;
const planes = {
  y: bytes.subarray(0, 4 * quarter),
  u: bytes.subarray(4 * quarter, 5 * quarter),
  v: bytes.subarray(5 * quarter),
};

describe('yuvToRgb', () => {
  it.each(golden.cases)('is within 1 level of $by for $matrix, $range range', ({ rgb, matrix, range }) => {
    const { data } = yuvToRgb(planes, { width, height, matrix, range });
    const expected = Buffer.from(rgb, 'base64');
    expect(data).toHaveLength(expected.length);
    const differences = Array.from(data, (value, i) => Math.abs(value - expected[i]));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  });

  it('reads padded rows and odd sides', () => {
    const padded = (plane: Uint8Array, rows: number, length: number, stride: number) => {
      const out = new Uint8Array(stride * rows).fill(99);
      for (let row = 0; row < rows; row++)
        out.set(plane.subarray(row * length, (row + 1) * length), row * stride);
      return out;
    };
    const odd = { width: 5, height: 3, matrix: 'bt601', range: 'limited' } as const;
    const y = Uint8Array.from({ length: 15 }, (_, i) => 20 + 14 * i);
    const u = Uint8Array.from({ length: 6 }, (_, i) => 100 + 10 * i);
    const v = Uint8Array.from({ length: 6 }, (_, i) => 160 - 9 * i);
    const tight = yuvToRgb({ y, u, v }, odd);
    const strided = yuvToRgb(
      {
        y: padded(y, 3, 5, 8),
        u: padded(u, 2, 3, 4),
        v: padded(v, 2, 3, 7),
        strideY: 8,
        strideU: 4,
        strideV: 7,
      },
      odd,
    );
    expect(strided).toEqual(tight);
    // The last pixel takes the last luma and the last chroma: Y 216, U 150, V 115 in BT.601.
    expect(Array.from(tight.data.slice(-3))).toEqual([212, 235, 255]);
  });

  it('gives black and white at the ends of both ranges', () => {
    const grey = (luma: number, range: 'limited' | 'full') => {
      const chroma = Uint8Array.of(128);
      const frame = { width: 1, height: 1, matrix: 'bt709', range } as const;
      return Array.from(yuvToRgb({ y: Uint8Array.of(luma), u: chroma, v: chroma }, frame).data);
    };
    expect([grey(16, 'limited'), grey(235, 'limited')]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
    expect([grey(0, 'full'), grey(255, 'full'), grey(16, 'full')]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
      [16, 16, 16],
    ]);
  });

  it('refuses planes that are too short', () => {
    const frame = { width, height, matrix: 'bt601', range: 'limited' } as const;
    expect(() => yuvToRgb({ ...planes, v: planes.v.subarray(1) }, frame)).toThrow(
      'the V plane needs 192 values, has 191',
    );
  });
});

describe('videoColour', () => {
  it.each([
    [{ height: 240 }, 'bt601', 'limited'],
    [{ height: 719, matrix: 'unknown' }, 'bt601', 'limited'],
    [{ height: 720, matrix: null, fullRange: null }, 'bt709', 'limited'],
    [{ height: 240, matrix: 'bt709' }, 'bt709', 'limited'],
    [{ height: 1080, matrix: 'smpte170m', fullRange: true }, 'bt601', 'full'],
    [{ height: 1080, matrix: 'bt470bg', fullRange: false }, 'bt601', 'limited'],
  ])('%o is %s, %s range', (tagged, matrix, range) => {
    expect(videoColour(tagged)).toEqual({ matrix, range });
  });
});
