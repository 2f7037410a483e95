import { describe, expect, it } from 'vitest';
import { colourProfile, unsupportedProfile } from '../../src/image/colour-profile.ts';
import { toSrgb } from '../../src/image/colour-space.ts';
import { big, goldenColours as golden, greyProfile, text } from './odd-images.ts';

const rgba = Uint8Array.from(golden.values.flatMap((value, i) => (i % 3 === 2 ? [value, 255] : value)));

function profileOf(name: string): Uint8Array {
  return Uint8Array.from(Buffer.from(golden.curves[name]?.profile ?? golden.profiles[name], 'base64'));
}

/** The place of a tag's entry in the table: its name, its offset, its length. */
function entryOf(bytes: Uint8Array, name: string): number {
  const at = Buffer.from(bytes).indexOf(name, 132, 'latin1');
  if (at < 0) throw new Error(`there is no tag ${name}`);
  return at;
}

const placeOf = (bytes: Uint8Array, name: string) =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(entryOf(bytes, name) + 4);

/** A profile with other bytes from some place on. */
function changed(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

/** The same, from a place within a tag on. */
const changedTag = (name: string, within: number, values: readonly number[], of = 'powers') =>
  changed(profileOf(of), placeOf(profileOf(of), name) + within, values);

describe('a profile of a matrix and curves', () => {
  it.each(Object.keys(golden.curves))('with %s becomes the sRGB that littlecms makes of it', (name) => {
    const inside = Uint8Array.from([1, 2, 3, ...profileOf(name), 4]).subarray(3, -1);
    const profile = colourProfile(inside);
    if (!profile?.space) throw new Error('not understood');
    expect([profile.fits(false), profile.fits(true)]).toEqual([true, true]);
    const { data } = toSrgb({ width: rgba.length / 4, height: 1, rgba }, profile.space);
    const differences = data.map((value, i) => Math.abs(value - golden.curves[name].srgb[i]));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  });

  it('has its own curve for each channel', () => {
    const toLight = colourProfile(profileOf('powers'))?.space?.toLight;
    const lights = [0, 1, 2].map((channel) => toLight?.(0.5, channel));
    expect(lights).toEqual([expect.closeTo(0.5 ** 1.8, 4), expect.closeTo(0.5 ** 2.2, 3), 0.5]);
    const steps = colourProfile(profileOf('steps'))?.space?.toLight;
    // Of 0, 9000, 30000, 65535: half way between the second and the third, and the ends.
    expect([steps?.(0, 2), steps?.(0.5, 2), steps?.(1, 2)]).toEqual([
      0,
      expect.closeTo(19500 / 65535, 12),
      1,
    ]);
  });

  it('may have a size below that of the file, and no more', () => {
    const bytes = profileOf('powers');
    expect(colourProfile(Uint8Array.from([...bytes, 0, 0]))).not.toBeNull();
    expect(colourProfile(bytes.subarray(0, -1))).toBeNull();
  });
});

describe('a profile that is damaged', () => {
  const bytes = profileOf('powers');
  const table = entryOf(bytes, 'rTRC');
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['131 bytes', bytes.subarray(0, 131)],
    ['zeros', new Uint8Array(400)],
    ['another mark', changed(bytes, 36, text('acsq'))],
    ['more tags than it holds', changed(bytes, 128, big(1000))],
    [
      'as many tags as would end behind it',
      changed(bytes, 128, big(Math.floor((bytes.length - 132) / 12) + 1)),
    ],
    ['a tag that begins behind it', changed(bytes, table + 4, big(bytes.length))],
    ['a tag that ends behind it', changed(bytes, table + 8, big(bytes.length))],
    ['a tag of 7 bytes', changed(bytes, table + 8, big(7))],
    ['a curve of 8 bytes', changed(bytes, table + 8, big(8))],
    ['a curve of 11 bytes', changed(bytes, table + 8, big(11))],
    ['a missing curve', changed(bytes, table, text('rTRX'))],
    ['a missing curve of green', changed(bytes, entryOf(bytes, 'gTRC'), text('gTRX'))],
    ['a missing colour', changed(bytes, entryOf(bytes, 'bXYZ'), text('bXYX'))],
    ['a colour of another kind', changedTag('gXYZ', 0, text('XYX '))],
    ['a colour of 19 bytes', changed(bytes, entryOf(bytes, 'gXYZ') + 8, big(19))],
    ['a curve of another kind', changedTag('rTRC', 0, text('parb'))],
    ['a formula of a kind that is none', changedTag('rTRC', 8, [0, 5])],
    ['a formula that is longer than its tag', changedTag('rTRC', 8, [0, 1])],
    ['a table that is longer than its tag', changedTag('gTRC', 8, big(2))],
  ])('with %s counts for nothing', (_, damaged) => {
    expect(colourProfile(damaged)).toBeNull();
  });

  it('does not, with the least that it needs', () => {
    // 12 bytes are a curve without steps, and 20 a colour.
    expect(colourProfile(changed(bytes, entryOf(bytes, 'bTRC') + 8, big(12)))).not.toBeNull();
    expect(colourProfile(changed(bytes, entryOf(bytes, 'gXYZ') + 8, big(20)))).not.toBeNull();
    expect(colourProfile(changed(bytes, table + 8, big(16)))).not.toBeNull();
  });
});

describe('formulas of curves', () => {
  /** The first channel's curve at some values, given a formula's kind and numbers. */
  function curve(kind: number, numbers: readonly number[], values: readonly number[]): number[] {
    const fixed = numbers.flatMap((value) => big(Math.round(value * 65536)));
    const bytes = profileOf('formulas');
    // The last tag's place has room for the longest.
    const at = placeOf(bytes, 'bTRC');
    const written = changed(changed(bytes, at, [...text('para'), 0, 0, 0, 0, 0, kind, 0, 0]), at + 12, fixed);
    const toLight = colourProfile(written)?.space?.toLight;
    if (!toLight) throw new Error('not understood');
    return values.map((value) => toLight(value, 2));
  }

  it('are those of ICC.1, table 68', () => {
    const close = (values: number[]) => values.map((value) => expect.closeTo(value, 4));
    expect(curve(0, [2], [0, 0.5, 1])).toEqual(close([0, 0.25, 1]));
    // Y = (aX + b)^g where X ≥ −b/a, else 0.
    expect(curve(1, [2, 2, -1], [0.25, 0.5, 0.75, 1])).toEqual(close([0, 0, 0.25, 1]));
    // The same, and c everywhere.
    expect(curve(2, [2, 2, -1, 0.125], [0.25, 0.5, 0.75])).toEqual(close([0.125, 0.125, 0.375]));
    // Y = (aX + b)^g where X ≥ d, else cX.
    expect(curve(3, [2, 0.5, 0.5, 0.25, 0.5], [0.25, 0.5, 1])).toEqual(close([0.0625, 0.5625, 1]));
    // Y = (aX + b)^g + e where X ≥ d, else cX + f.
    expect(curve(4, [2, 0.5, 0.25, 0.25, 0.5, 0.125, 0.0625], [0.25, 0.5, 1])).toEqual(
      close([0.125, 0.375, 0.6875]),
    );
    // Below 0 there is no power.
    expect(curve(3, [0.5, 1, -0.5, 0, 0], [0.25, 0.75])).toEqual(close([0, 0.5]));
  });
});

describe('a profile of another kind', () => {
  it('of grey values has its curve, and serves for grey pictures alone', () => {
    const profile = colourProfile(greyProfile(1.8));
    expect([profile?.fits(true), profile?.fits(false)]).toEqual([true, false]);
    expect(profile?.space?.primaries).toEqual([0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06]);
    expect(profile?.space?.toLight(0.5, 0)).toBeCloseTo(0.5 ** 1.8, 4);
    const grey = greyProfile(1.8);
    expect(colourProfile(changed(grey, entryOf(grey, 'kTRC'), text('kTRX')))).toBeNull();
  });

  it.each<[string, Uint8Array, boolean]>([
    ['tables', changed(profileOf('powers'), entryOf(profileOf('powers'), 'wtpt'), text('A2B0')), true],
    ['Lab', changed(profileOf('powers'), 20, text('Lab ')), true],
    ['four inks', changed(profileOf('powers'), 16, text('CMYK')), false],
  ])('of %s is left to the decoder', (_, bytes, fits) => {
    const profile = colourProfile(bytes);
    expect(profile?.space).toBeNull();
    expect(profile?.fits(false)).toBe(fits);
  });

  it('is refused in words where the decoder does not obey it', () => {
    expect(unsupportedProfile(true).received).toMatch(
      /^a grey picture with a colour profile made of tables,/,
    );
    expect(unsupportedProfile(false)).toMatchObject({
      received: expect.stringMatching(/^a picture of more than 8 bits with a colour profile made of tables,/),
      remedy: 'convert it to sRGB (an 8-bit PNG or JPEG)',
    });
  });
});
