import { describe, expect, it } from 'vitest';
import { colourProfile } from '../../src/image/colour-profile.ts';
import {
  type ColourSpace,
  codedColourSpace,
  gammaColourSpace,
  toSrgb,
} from '../../src/image/colour-space.ts';
import { readImage } from '../../src/node/image-file.ts';
import { goldenColours as golden, greyProfile, pngRow, profileChunk } from './odd-images.ts';

const srgb = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
const adobe = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];
const ntsc = [0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08];

/** The largest difference of the golden values, taken from a space into sRGB, to what is expected. */
function worst(space: ColourSpace | null, expected: readonly number[]): number {
  if (!space) throw new Error('taken for sRGB');
  const data = golden.values;
  const rgba = Uint8Array.from(data.flatMap((value, i) => (i % 3 === 2 ? [value, 255] : value)));
  const converted = toSrgb({ width: data.length / 3, height: 1, rgba }, space).data;
  return Math.max(...converted.map((value, i) => Math.abs(value - expected[i])));
}

describe('an image with colours of its own', () => {
  it.each<[string, ColourSpace | null]>([
    ['display-p3', codedColourSpace(12, 13)],
    ['bt2020', codedColourSpace(9, 14)],
    ['linear', codedColourSpace(1, 8)],
    ['linear', gammaColourSpace(1, null)],
    ['adobe-rgb', gammaColourSpace(0.45455, adobe)],
    ['ntsc', gammaColourSpace(0.45455, ntsc)],
  ])('in %s becomes the sRGB that littlecms makes of it, within a level', (name, space) => {
    expect(worst(space, golden.spaces[name])).toBeLessThanOrEqual(1);
  });

  it.each(Object.entries(golden.coded))(
    'of code %s becomes the sRGB of littlecms, within a level',
    (codes, expected) => {
      const [primaries, transfer] = codes.split('/').map(Number);
      expect(worst(codedColourSpace(primaries, transfer), expected)).toBeLessThanOrEqual(1);
    },
  );

  it('is laid on black, each value in its share', () => {
    const rgba = Uint8Array.of(255, 255, 255, 128, 255, 255, 255, 0, 255, 0, 0, 51, 0, 0, 0, 255);
    const linear: ColourSpace = {
      primaries: [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06],
      toLight: (v) => v,
    };
    const { width, height, data } = toSrgb({ width: 2, height: 2, rgba }, linear);
    expect([width, height]).toEqual([2, 2]);
    expect([...data]).toEqual([128, 128, 128, 0, 0, 0, 51, 0, 0, 0, 0, 0]);
  });

  it.each(Object.keys(golden.profiles).flatMap((name) => [[name, 8] as const, [name, 16] as const]))(
    'with a profile of %s, of %i bits, becomes the sRGB that littlecms makes of it',
    async (name, depth) => {
      const png = pngRow(golden.values, { depth, kind: 2 }, profileChunk(name));
      const { data } = await readImage(png);
      const differences = data.map((value, i) => Math.abs(value - golden.spaces[name][i]));
      expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    },
  );

  it.each([
    ['a grey profile', greyProfile(1)],
    ['a profile of RGB', 'linear'],
  ])('in grey values, with %s, is as bright as it says', async (_, profile) => {
    const greys = golden.values.slice(0, 54).filter((_, i) => i % 3 === 0);
    const expected = golden.spaces.linear.slice(0, 54);
    for (const depth of [8, 16] as const) {
      const { data } = await readImage(pngRow(greys, { depth, kind: 0 }, profileChunk(profile)));
      expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
    }
  });

  it('is left alone where it says sRGB, or a curve of video, which players show as sRGB', () => {
    expect(codedColourSpace(1, 13)).toBeNull();
    expect(codedColourSpace(2, 2)).toBeNull();
    for (const transfer of [1, 2, 6, 13, 14, 15]) {
      expect(codedColourSpace(1, transfer)).toBeNull();
      expect(codedColourSpace(2, transfer)).toBeNull();
    }
    for (const gamma of [0.45455, 0.45436, 0.45474, 0.50994, 0.51013]) {
      expect(gammaColourSpace(gamma, null)).toBeNull();
    }
    expect(gammaColourSpace(0.50994, srgb)).toBeNull();
    expect(gammaColourSpace(0.50994, srgb.with(2, 0.6409))).toBeNull();
  });

  it('is not, where it says more or other than that', () => {
    // With sRGB's primaries, a power is a power.
    expect(gammaColourSpace(0.45455, srgb)?.toLight(0.5, 0)).toBeCloseTo(0.5 ** 2.2, 4);
    expect(gammaColourSpace(0.455, null)?.toLight(0.5, 0)).toBeCloseTo(0.5 ** (1 / 0.455), 12);
    expect(gammaColourSpace(0.454, null)?.primaries).toEqual(srgb);
    expect(gammaColourSpace(0.5103, null)?.toLight(0.5, 0)).toBeCloseTo(0.5 ** (1 / 0.5103), 12);
    // The curve of video in other primaries is shown as sRGB's: half of it is a fifth of the light.
    for (const points of [adobe, srgb.with(7, 0.062)]) {
      const video = gammaColourSpace(0.50994, points);
      expect(video?.primaries).toEqual(points);
      expect(video?.toLight(0.5, 0)).toBeCloseTo(0.21404, 5);
      expect(video?.toLight(0.04, 0)).toBeCloseTo(0.04 / 12.92, 12);
    }
  });

  it('counts as if it said nothing, where its colours are none: zeros, or all on one line', () => {
    const zeros = Array<number>(8).fill(0);
    const line = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.33, 0.15, 0.33];
    for (const points of [zeros, line, [...adobe.slice(2), 0.64, 0.33]]) {
      expect(gammaColourSpace(0.45455, points)).toBeNull();
      expect(gammaColourSpace(1, points)?.primaries).toEqual(gammaColourSpace(1, null)?.primaries);
    }
    const profile = Buffer.from(golden.profiles['display-p3'], 'base64');
    expect(colourProfile(profile)?.space?.primaries).toHaveLength(8);
    for (let at = profile.indexOf('XYZ ', 128); at >= 0; at = profile.indexOf('XYZ ', at + 20)) {
      profile.fill(0, at + 8, at + 20);
    }
    expect(colourProfile(profile)).toBeNull();
  });

  it.each([
    [9, 16, 'high dynamic range (PQ)'],
    [9, 18, 'high dynamic range (HLG)'],
    [8, 13, 'colours of code 8/13 (ITU-T H.273)'],
    [1, 7, 'colours of code 1/7'],
    [2, 0, 'colours of code 2/0'],
    [0, 1, 'colours of code 0/1'],
  ])('of code %i/%i is refused with the reason', (primaries, transfer, reason) => {
    expect(() => codedColourSpace(primaries, transfer)).toThrow(reason);
  });
});
