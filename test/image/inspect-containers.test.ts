import { describe, expect, it } from 'vitest';
import { inspectImage } from '../../src/image/inspect-image.ts';
import { big, joined, text } from './odd-images.ts';

/** A GIF's head by its specification: a screen of 1×1, with a table of so many colours or none. */
const gifHead = (colours = 0) => {
  const size = Math.log2(colours) - 1;
  return [
    ...text('GIF89a'),
    1,
    0,
    1,
    0,
    colours ? 0x80 | size : 0x70,
    0,
    0,
    ...Array(3 * colours).fill(0x2c),
  ];
};
/** A frame, whose data are sub-blocks; with a table of its own, or none. */
const frame = (colours = 0, ...blocks: number[][]) => [
  ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0],
  ...(colours ? [0x80 | (Math.log2(colours) - 1), ...Array(3 * colours).fill(0x3b)] : [0]),
  2,
  ...(blocks.length > 0 ? blocks : [[0x44, 1]]).flatMap((block) => [block.length, ...block]),
  0,
];
const extension = (kind: number, ...block: number[]) => [0x21, kind, block.length, ...block, 0];
const end = [0x3b];

describe('a GIF', () => {
  it.each<[string, Uint8Array]>([
    ['of one frame', joined(gifHead(), frame(), end)],
    ['with a table of colours', joined(gifHead(2), frame(), end)],
    ['with a large table, and one of the frame', joined(gifHead(256), frame(4), end)],
    ['with data in blocks that look like frames', joined(gifHead(), frame(0, [0x2c, 0x2c], [0x3b]), end)],
    [
      'with a comment and a control',
      joined(gifHead(2), extension(0xfe, 0x2c, 0x2c), extension(0xf9, 4, 0, 0, 0), frame(), end),
    ],
    ['with frames after its end', joined(gifHead(), frame(), end, frame())],
    ['with nonsense after its frame', joined(gifHead(), frame(), [7], frame())],
    ['that is cut off', joined(gifHead(), frame()).subarray(0, -3)],
    ['without a frame', joined(gifHead())],
  ])('%s is a picture', async (_, bytes) => {
    expect(await inspectImage(bytes)).toEqual({ format: 'gif', space: null });
  });

  it.each<[string, Uint8Array]>([
    ['of two frames', joined(gifHead(), frame(), frame(), end)],
    ['with tables of colours', joined(gifHead(4), frame(2), frame(256), end)],
    ['of long data', joined(gifHead(), frame(0, Array(255).fill(0), [1, 2, 3]), frame(), end)],
    [
      'with controls between',
      joined(gifHead(2), extension(0xf9, 4, 0, 0, 0), frame(), extension(0xf9, 4, 0, 0, 0), frame(), end),
    ],
    ['that is cut off in its third', joined(gifHead(), frame(), frame(), frame()).subarray(0, -3)],
  ])('%s is animated', async (_, bytes) => {
    await expect(inspectImage(bytes)).rejects.toThrow(
      'an animated GIF of several frames, which is not supported',
    );
  });
});

const little = (value: number) => big(value).reverse();
const riff = (...chunks: number[][]) => {
  const body = chunks.flat();
  return joined(text('RIFF'), little(4 + body.length), text('WEBP'), body);
};
/** A chunk of RIFF, padded to an even length. */
const part = (name: string, length: number) => [
  ...text(name),
  ...little(length),
  ...Array(length + (length % 2)).fill(0x41),
];

describe('a WebP', () => {
  it('is a picture with one frame or none, and animated with two', async () => {
    for (const still of [
      riff(part('VP8 ', 20)),
      riff(part('VP8X', 10), part('ANIM', 6), part('ANMF', 31)),
      // What lies behind its end is none of it.
      joined(riff(part('ANMF', 8)), part('ANMF', 8)),
    ]) {
      expect(await inspectImage(still)).toEqual({ format: 'webp', space: null });
    }
    for (const moving of [
      riff(part('ANMF', 8), part('ANMF', 8)),
      riff(part('VP8X', 10), part('ANMF', 31), part('ANMF', 7)),
    ]) {
      await expect(inspectImage(moving)).rejects.toThrow('an animated WebP of several frames');
      await expect(inspectImage(joined([9], moving).subarray(1))).rejects.toThrow('an animated WebP');
    }
  });

  it('is truncated where it is shorter than it says', async () => {
    const whole = riff(part('VP8 ', 20));
    for (const length of [12, 20, whole.length - 1]) {
      await expect(inspectImage(whole.subarray(0, length))).rejects.toThrow(
        expect.objectContaining({
          received: `a WebP with ${length} of ${whole.length} bytes`,
          truncated: true,
        }),
      );
    }
  });
});

const box = (type: string, ...body: number[]) => [...big(8 + body.length), ...text(type), ...body];
const ftyp = (brand: string) => box('ftyp', ...text(brand), 0, 0, 0, 0, ...text('avif'));
const meta = (...properties: number[][]) =>
  box('meta', 0, 0, 0, 0, ...box('iprp', ...box('ipco', ...properties.flat())));
const nclx = (primaries: number, transfer: number, ...rest: number[]) =>
  box('colr', ...text('nclx'), 0, primaries, 0, transfer, 0, 1, 0x80, ...rest);

describe('an AVIF', () => {
  it('has the colours of its nclx, unless a profile says more', async () => {
    const spaceOf = async (...properties: number[][]) =>
      (await inspectImage(joined(ftyp('avif'), meta(...properties)))).space;
    expect(await spaceOf()).toBeNull();
    expect(await spaceOf(nclx(1, 13))).toBeNull();
    expect((await spaceOf(box('ispe', 1, 2), nclx(12, 13)))?.primaries.slice(2, 4)).toEqual([0.68, 0.32]);
    expect((await spaceOf(nclx(1, 8), nclx(9, 13)))?.toLight(0.5, 0)).toBe(0.5);
    for (const kind of ['prof', 'rICC']) {
      expect(await spaceOf(nclx(12, 13), box('colr', ...text(kind), 1, 2))).toBeNull();
      expect(await spaceOf(box('colr', ...text(kind), 1, 2))).toBeNull();
    }
    // Nine bytes say nothing.
    expect(await spaceOf(box('colr', ...text('nclx'), 0, 12, 0, 8, 0))).toBeNull();
    await expect(spaceOf(nclx(9, 16))).rejects.toThrow('high dynamic range (PQ)');
  });

  it('is refused where it moves, is coded as HEVC, or ends in its header', async () => {
    const refused = async (...parts: number[][]) =>
      inspectImage(joined(...parts)).then(
        () => 'read',
        (fault: { received: string }) => fault.received,
      );
    expect(await refused(ftyp('avis'), meta())).toContain('an animated AVIF');
    expect(await refused(ftyp('avif'), meta(), box('moov'))).toContain('an animated AVIF');
    expect(await refused(ftyp('avif'), meta(box('hvcC', 1)))).toContain('HEIC (HEIF coded as HEVC)');
    const head = ftyp('avif');
    expect(await refused(head)).toBe(`an AVIF of ${head.length} bytes that ends in its header`);
    expect(await refused(ftyp('avif'), meta())).toBe('read');
  });
});

describe('what is no image', () => {
  it('is refused by what it is', async () => {
    await expect(inspectImage(new Uint8Array(0))).rejects.toThrow('an empty file');
    await expect(inspectImage(joined(text('hello')))).rejects.toThrow('a file that is no image known here');
    await expect(inspectImage(joined(text('qoif')))).rejects.toThrow('QOI');
    expect(await inspectImage(joined(text('<svg>')))).toEqual({ format: 'svg', space: null });
  });
});
