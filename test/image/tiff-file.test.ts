import { describe, expect, it } from 'vitest';
import { inspectTiff } from '../../src/image/tiff-file.ts';

/** A tag's number, and its value; `long` is stored as 32 bits, a list beside the directory. */
type Entry = readonly [tag: number, value: number | readonly number[], long?: boolean];

/** A TIFF of directories only, one a page, by TIFF 6.0 and the design of BigTIFF. */
function tiff(
  pages: readonly (readonly Entry[])[],
  { little = true, big = false, loop = false } = {},
): Uint8Array {
  const view = new DataView(new ArrayBuffer(4096));
  let [at, list] = [big ? 16 : 8, 2048];
  const u16 = (value: number, to: number) => view.setUint16(to, value, little);
  const offset = (value: number, to: number) =>
    big ? view.setBigUint64(to, BigInt(value), little) : view.setUint32(to, value, little);
  u16(little ? 0x4949 : 0x4d4d, 0);
  u16(big ? 43 : 42, 2);
  if (big) u16(8, 4);
  offset(at, big ? 8 : 4);
  pages.forEach((entries, page) => {
    if (big) offset(entries.length, at);
    else u16(entries.length, at);
    at += big ? 8 : 2;
    for (const [tag, value, long] of entries) {
      const values = typeof value === 'number' ? [value] : value;
      const size = long ? 4 : 2;
      u16(tag, at);
      u16(long ? 4 : 3, at + 2);
      offset(values.length, at + 4);
      const field = at + (big ? 12 : 8);
      const isBeside = values.length * size > (big ? 8 : 4);
      if (isBeside) offset(list, field);
      const place = isBeside ? list : field;
      values.forEach((one, i) => {
        if (long) view.setUint32(place + 4 * i, one, little);
        else u16(one, place + 2 * i);
      });
      if (isBeside) list += 64;
      at += big ? 20 : 12;
    }
    const next = at + (big ? 8 : 4);
    offset(page + 1 < pages.length ? next : loop ? (big ? 16 : 8) : 0, at);
    at = next;
  });
  // In the middle of a buffer.
  const whole = new Uint8Array(5000);
  whole.set(new Uint8Array(view.buffer), 100);
  return whole.subarray(100, 4196);
}

const forms = [
  ['little-endian', { little: true, big: false }],
  ['big-endian', { little: false, big: false }],
  ['little-endian BigTIFF', { little: true, big: true }],
  ['big-endian BigTIFF', { little: false, big: true }],
] as const;

const rgb: Entry[] = [
  [258, [8, 8, 8]],
  [262, 2],
];

describe.each(forms)('a %s TIFF', (_, form) => {
  it.each<[string, Entry[]]>([
    ['of 8-bit RGB', rgb],
    [
      'of 16-bit RGB',
      [
        [258, [16, 16, 16]],
        [262, 2],
      ],
    ],
    ['of one bit, and of nothing said', []],
    ['of unsigned integers', [...rgb, [339, [1, 1, 1]]]],
    ['of undefined values', [...rgb, [339, 4]]],
    [
      'in YCbCr, as JPEG',
      [
        [259, 7],
        [262, 6],
      ],
    ],
    [
      'in YCbCr, as JPEG of the old way',
      [
        [259, 6],
        [262, 6],
      ],
    ],
    [
      'with tags of 32 bits',
      [
        [258, 8, true],
        [262, 2, true],
        [254, 0, true],
      ],
    ],
    ['in palette colours', [[262, 3]]],
  ])('%s is let pass', (_, page) => {
    expect(() => inspectTiff(tiff([page], form))).not.toThrow();
  });

  it.each<[string, Entry[][]]>([
    ['a TIFF in YCbCr that is not compressed as JPEG', [[[262, 6]]]],
    [
      'a TIFF in YCbCr that is not compressed as JPEG',
      [
        [
          [259, 5],
          [262, 6, true],
        ],
      ],
    ],
    ['a TIFF in CIE L*a*b*', [[[262, 8]]]],
    ['a TIFF in CIE L*a*b*', [[[262, 9]]]],
    ['a TIFF in CIE L*a*b*', [[[262, 10]]]],
    ['raw data of a camera', [[[262, 32803]]]],
    ['raw data of a camera', [[[262, 34892]]]],
    ['a TIFF of high dynamic range (LogL)', [[[262, 32844]]]],
    ['a TIFF of high dynamic range (LogLuv)', [[[262, 32845]]]],
    [
      'a TIFF of 32-bit floating point',
      [
        [
          [258, [32, 32, 32]],
          [262, 2],
          [339, [3, 3, 3]],
        ],
      ],
    ],
    [
      'a TIFF of 16-bit floating point',
      [
        [
          [258, 16],
          [339, 3],
        ],
      ],
    ],
    [
      'a TIFF of 8-bit signed integers',
      [
        [
          [258, [8, 8, 8]],
          [339, [2, 2, 2]],
        ],
      ],
    ],
    ['a TIFF of 32-bit integers', [[[258, 32, true]]]],
    ['a TIFF of 17-bit integers', [[[258, 17]]]],
    ['raw data of a camera, or a TIFF that begins with a thumbnail', [[[254, 1, true], ...rgb], rgb]],
    ['a TIFF of 2 pages', [rgb, rgb]],
    ['a TIFF of 3 pages', [rgb, [[254, 2], ...rgb], rgb]],
  ])('is refused as %s', (received, pages) => {
    expect(() => inspectTiff(tiff(pages, form))).toThrow(
      expect.objectContaining({ received: `${received}, which is not supported`, truncated: false }),
    );
  });

  it('may have smaller copies after its page, and a chain that leads back', () => {
    expect(() =>
      inspectTiff(
        tiff(
          [
            rgb,
            [
              [254, 1, true],
              [262, 6],
            ],
            [[254, 3]],
          ],
          form,
        ),
      ),
    ).not.toThrow();
    expect(() => inspectTiff(tiff([rgb], { ...form, loop: true }))).not.toThrow();
  });

  it('is truncated where its directory is not there', () => {
    const bytes = tiff([rgb], form);
    for (const length of [form.big ? 20 : 9, form.big ? 40 : 20]) {
      expect(() => inspectTiff(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({
          received: `a TIFF of ${length} bytes without its directory`,
          truncated: true,
        }),
      );
    }
  });
});
