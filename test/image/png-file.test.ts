import { describe, expect, it } from 'vitest';
import { inspectPng } from '../../src/image/png-file.ts';
import { big, chunk, goldenColours, greyProfile, joined, pngRow, profileChunk, text } from './odd-images.ts';

const p3 = Buffer.from(goldenColours.profiles['display-p3'], 'base64');
const rgb8 = { depth: 8, kind: 2 } as const;
const withProfile = (bytes: Uint8Array) => pngRow(goldenColours.values, rgb8, profileChunk(bytes));
const withChunks = (...chunks: number[][]) => pngRow(goldenColours.values, rgb8, ...chunks);

const gamma = (value: number) => chunk('gAMA', big(value));
const points = (...values: number[]) => chunk('cHRM', values.flatMap(big));
const srgbPoints = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
const p3Points = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000];
const coded = (...values: number[]) => chunk('cICP', values);

/** Half of the first channel as light, or null for sRGB. */
const half = async (png: Uint8Array) => (await inspectPng(png))?.toLight(0.5, 0) ?? null;

it('takes what follows a profile for part of it, up to a size that no profile has', async () => {
  expect(await inspectPng(withProfile(p3))).not.toBeNull();
  expect(await inspectPng(withProfile(Buffer.concat([p3, new Uint8Array(2 ** 20)])))).not.toBeNull();
  // A few kilobytes in the file, and 32 MiB in memory: as damaged as one that cannot be inflated.
  expect(await inspectPng(withProfile(Buffer.concat([p3, new Uint8Array(2 ** 25)])))).toBeNull();
});

describe('the colours of a PNG', () => {
  it('are those of gAMA and cHRM, unless sRGB says otherwise', async () => {
    expect(await half(withChunks())).toBeNull();
    expect(await half(withChunks(gamma(100_000)))).toBe(0.5);
    expect(await half(withChunks(gamma(50_000)))).toBe(0.25);
    expect(await half(withChunks(gamma(100_000), chunk('sRGB', [0])))).toBeNull();
    expect(await half(withChunks(points(...p3Points)))).toBeNull();
    const space = await inspectPng(withChunks(gamma(100_000), points(...p3Points)));
    expect(space?.primaries).toEqual([0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06]);
    expect(await half(withChunks(gamma(45_455), points(...srgbPoints)))).toBeCloseTo(0.5 ** 2.2, 4);
    // Too short to be either, a gamma of nothing, and points without their last.
    expect(await half(withChunks(chunk('gAMA', [0, 1, 134])))).toBeNull();
    expect(await half(withChunks(gamma(0)))).toBeNull();
    const short = await inspectPng(withChunks(gamma(100_000), chunk('cHRM', p3Points.flatMap(big).slice(1))));
    expect(short?.primaries[2]).toBe(0.64);
  });

  it('are those of the first of each chunk, before the picture begins', async () => {
    expect(await half(withChunks(gamma(50_000), gamma(100_000)))).toBe(0.25);
    const png = withChunks();
    const late = joined(png.subarray(0, -12), gamma(100_000), png.subarray(-12));
    expect(await half(late)).toBeNull();
  });

  it('are those of cICP before all others', async () => {
    const linear = withChunks(
      coded(1, 8, 0, 1),
      gamma(50_000),
      chunk('sRGB', [0]),
      profileChunk('adobe-rgb'),
    );
    expect(await half(linear)).toBe(0.5);
    expect(await half(withChunks(coded(1, 13, 0, 1), gamma(100_000)))).toBeNull();
    // Three bytes are none.
    expect(await half(withChunks(chunk('cICP', [1, 8, 0]), gamma(50_000)))).toBe(0.25);
    for (const bad of [coded(1, 8, 1, 1), coded(1, 8, 0, 0)]) {
      await expect(inspectPng(withChunks(bad))).rejects.toThrow('cICP chunk says YCbCr or limited range');
    }
    await expect(inspectPng(withChunks(coded(9, 16, 0, 1)))).rejects.toThrow('high dynamic range (PQ)');
  });

  it('are those of a profile before sRGB and gAMA, where it is made for such pictures', async () => {
    const profile = profileChunk('linear');
    expect(await half(withChunks(gamma(50_000), chunk('sRGB', [0]), profile))).toBe(0.5);
    const grey = { depth: 8, kind: 0 } as const;
    expect(await half(pngRow([1, 2, 3], grey, profile))).toBe(0.5);
    expect(await half(pngRow([1, 2, 3], grey, profileChunk(greyProfile(3))))).toBeCloseTo(0.125, 5);
    expect(await half(pngRow([1, 9], { depth: 8, kind: 4 }, profileChunk(greyProfile(3))))).toBeCloseTo(
      0.125,
      5,
    );
    // A grey one says nothing of a picture in colours.
    expect(await half(withChunks(gamma(50_000), profileChunk(greyProfile(3))))).toBe(0.25);
    expect(await half(withChunks(gamma(50_000), chunk('iCCP', text('x\0\0nonsense'))))).toBe(0.25);
  });

  it('made of tables are for the decoder, which obeys them in 8 bits of colour alone', async () => {
    const tables = Uint8Array.from(Buffer.from(goldenColours.profiles.linear, 'base64'));
    tables.set(text('Lab '), 20);
    const profile = profileChunk(tables);
    expect(await half(withChunks(gamma(50_000), profile))).toBeNull();
    expect(await half(pngRow([1, 2, 3, 4], { depth: 8, kind: 6 }, profile))).toBeNull();
    const refused = [
      [pngRow([1, 2, 3], { depth: 16, kind: 2 }, profile), 'a picture of more than 8 bits with'],
      [pngRow([1, 2], { depth: 8, kind: 0 }, profile), 'a grey picture with'],
      [pngRow([1, 2], { depth: 8, kind: 4 }, profile), 'a grey picture with'],
    ] as const;
    for (const [png, words] of refused) await expect(inspectPng(png)).rejects.toThrow(words);
  });
});

describe('a PNG', () => {
  it.each([
    [
      'of one frame that is the picture',
      [chunk('acTL', [...big(1), ...big(0)]), chunk('fcTL', Array(26).fill(0))],
      false,
    ],
    ['of two frames', [chunk('acTL', [...big(2), ...big(0)]), chunk('fcTL', Array(26).fill(0))], true],
    ['of one frame beside the picture', [chunk('acTL', [...big(1), ...big(0)])], true],
    ['of half a chunk that would say so', [chunk('acTL', [0, 0, 0, 2])], false],
  ])('%s is animated or not', async (_, chunks, isAnimated) => {
    const inspected = inspectPng(withChunks(...chunks));
    if (isAnimated) await expect(inspected).rejects.toThrow('an animated PNG of several frames');
    else expect(await inspected).toBeNull();
  });

  it('ends with its end, whatever follows', async () => {
    expect(await inspectPng(joined(withChunks(), text('and more')))).toBeNull();
  });

  it('is truncated at every cut, and says how much of its picture there is', async () => {
    const png = withChunks(gamma(100_000));
    const [data, end] = [Buffer.from(png).indexOf('IDAT') - 4, png.length - 12];
    for (let length = 8; length < png.length; length++) {
      const part = length < end ? 'nothing of its picture' : `${end - data - 12} bytes of its picture`;
      await expect(inspectPng(png.subarray(0, length))).rejects.toThrow(
        expect.objectContaining({
          received: `a PNG of ${length} bytes with ${part} and no end`,
          truncated: true,
        }),
      );
    }
  });

  it('is damaged where a chunk has no name, and where it has no header', async () => {
    const png = withChunks();
    const nameless = joined(
      png.subarray(0, 33),
      [...big(1), ...text('a1cd'), 0, 0, 0, 0, 0],
      png.subarray(33),
    );
    await expect(inspectPng(nameless)).rejects.toThrow('a PNG with nonsense from byte 33');
    await expect(inspectPng(joined(png.subarray(0, 8), png.subarray(33)))).rejects.toThrow(
      'a PNG without a header',
    );
    const short = joined(png.subarray(0, 8), chunk('IHDR', Array(12).fill(1)), png.subarray(33));
    await expect(inspectPng(short)).rejects.toThrow('a PNG without a header');
  });

  it('may lie in the middle of a buffer', async () => {
    const png = withChunks(gamma(50_000));
    expect(await half(joined([1, 2, 3], png, [4]).subarray(3, -1))).toBe(0.25);
  });
});
