import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  refuseWide,
  type VideoColour,
  videoColour,
  type YuvLayout,
  yuvToRgb,
} from '../../src/image/colour.ts';

interface Golden {
  width: number;
  height: number;
  planes: string;
  cases: (VideoColour & { by: string; rgb: string })[];
  matrices: (VideoColour & {
    width: number;
    height: number;
    layout: YuvLayout;
    planes: [y: number[], u: number[], v: number[]];
    rgb: number[];
  })[];
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

  const named = golden.matrices.map((frame) => {
    const { bits, columns, rows } = frame.layout;
    return [
      `${bits} bits, chroma of ${columns}×${rows} pixels, ${frame.matrix}, ${frame.range}`,
      frame,
    ] as const;
  });
  it.each(named)('is what the matrix gives of %s', (_, { planes, rgb, ...frame }) => {
    const Values = frame.layout.bits === 8 ? Uint8Array : Uint16Array;
    const [y, u, v] = planes.map((plane) => Values.from(plane));
    const { width, height, data } = yuvToRgb({ y, u, v }, frame);
    expect([width, height]).toEqual([5, 3]);
    // Sixteen fractional bits are enough for every one of these.
    expect([...data]).toEqual(rgb);
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
    // The last row need not be padded.
    const odd = { width: 5, height: 3, matrix: 'bt601', range: 'limited' } as const;
    const strides = { strideY: 8, strideU: 6, strideV: 7 };
    const least = {
      y: new Uint8Array(2 * 8 + 5),
      u: new Uint8Array(6 + 3),
      v: new Uint8Array(7 + 3),
      ...strides,
    };
    expect(yuvToRgb(least, odd).data).toHaveLength(45);
    for (const [name, plane, needed] of [
      ['Y', 'y', 21],
      ['U', 'u', 9],
      ['V', 'v', 10],
    ] as const) {
      const short = () => yuvToRgb({ ...least, [plane]: least[plane].subarray(1) }, odd);
      expect(short).toThrow(RangeError);
      expect(short).toThrow(`the ${name} plane needs ${needed} values, has ${needed - 1}`);
    }
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
    [{ height: 1080, matrix: 'fcc' }, 'bt601', 'limited'],
    [{ height: 240, matrix: 'smpte240m' }, 'bt709', 'limited'],
    [{ height: 1080, matrix: 'unknown' }, 'bt709', 'limited'],
    [{ height: 240, fullRange: true }, 'bt601', 'full'],
  ])('%o is %s, %s range', (tagged, matrix, range) => {
    expect(videoColour(tagged)).toEqual({ matrix, range });
  });
});

describe('refuseWide', () => {
  it.each([
    [{ transfer: 'smpte2084' }, 'HDR video (PQ: HDR10 or Dolby Vision)'],
    [{ transfer: 'pq', primaries: 'bt2020' }, 'HDR video (PQ: HDR10 or Dolby Vision)'],
    [{ transfer: 'arib-std-b67', matrix: 'bt2020nc' }, 'HDR video (HLG)'],
    [{ transfer: 'hlg' }, 'HDR video (HLG)'],
    [{ primaries: 'bt2020', transfer: 'bt709' }, "video in BT.2020's wide gamut"],
    [{ matrix: 'bt2020nc' }, "video in BT.2020's wide gamut"],
    [{ matrix: 'bt2020-ncl', transfer: null }, "video in BT.2020's wide gamut"],
    [{ matrix: 'bt2020c' }, "video in BT.2020's wide gamut"],
  ])('refuses %o', (tagged, kind) => {
    expect(() => refuseWide(tagged, 'clip.mp4')).toThrow(
      `clip.mp4 must have colours of standard range (BT.601 or BT.709); received ${kind}; convert it: ffmpeg -i IN`,
    );
  });

  it.each([
    {},
    { transfer: null, primaries: null, matrix: null },
    { transfer: 'bt709', primaries: 'bt709', matrix: 'bt709' },
    { transfer: 'iec61966-2-1', primaries: 'smpte432', matrix: 'smpte170m' },
    { matrix: 'not-bt2020' },
  ])('lets %o pass', (tagged) => {
    expect(() => refuseWide(tagged, 'clip.mp4')).not.toThrow();
  });
});
