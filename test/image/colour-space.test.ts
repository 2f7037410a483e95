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

const adobe = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];
const ntsc = [0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08];

describe('an image with colours of its own', () => {
  it.each<[string, ColourSpace | null]>([
    ['display-p3', codedColourSpace(12, 13)],
    ['bt2020', codedColourSpace(9, 14)],
    ['linear', codedColourSpace(1, 8)],
    ['linear', gammaColourSpace(1, null)],
    ['adobe-rgb', gammaColourSpace(0.45455, adobe)],
    ['ntsc', gammaColourSpace(0.45455, ntsc)],
  ])('in %s becomes the sRGB that littlecms makes of it, within a level', (name, space) => {
    if (!space) throw new Error('taken for sRGB');
    const data = golden.values;
    const rgba = Uint8Array.from(data.flatMap((value, i) => (i % 3 === 2 ? [value, 255] : value)));
    const converted = toSrgb({ width: data.length / 3, height: 1, rgba }, space).data;
    const worst = Math.max(...converted.map((value, i) => Math.abs(value - golden.spaces[name][i])));
    expect(worst).toBeLessThanOrEqual(1);
  });

  it.each(Object.keys(golden.profiles).flatMap((name) => [[name, 8] as const, [name, 16] as const]))(
    'with a profile of %s, of %i bits, becomes the sRGB that littlecms makes of it',
    async (name, depth) => {
      const png = pngRow(golden.values, { depth, kind: 2 }, profileChunk(name));
      const { data } = await readImage(png);
      const worst = Math.max(...data.map((value, i) => Math.abs(value - golden.spaces[name][i])));
      expect(worst).toBeLessThanOrEqual(1);
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
    expect(codedColourSpace(1, 1)).toBeNull();
    expect(gammaColourSpace(0.45455, null)).toBeNull();
    expect(gammaColourSpace(0.50994, [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06])).toBeNull();
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
    [8, 13, 'colours of code 8/13'],
  ])('of code %i/%i is refused with the reason', (primaries, transfer, reason) => {
    expect(() => codedColourSpace(primaries, transfer)).toThrow(reason);
  });
});
