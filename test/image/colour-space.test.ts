import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type ColourSpace,
  codedColourSpace,
  gammaColourSpace,
  toSrgb,
} from '../../src/image/colour-space.ts';

interface Golden {
  readonly values: number[];
  readonly spaces: Readonly<Record<string, number[]>>;
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/image-colour.json', import.meta.url), 'utf8'),
);
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
    const data = Uint8Array.from(golden.values);
    const converted = toSrgb({ width: data.length / 3, height: 1, data }, space).data;
    const worst = Math.max(...converted.map((value, i) => Math.abs(value - golden.spaces[name][i])));
    expect(worst).toBeLessThanOrEqual(1);
  });

  it('is left alone where it says sRGB, or a curve of video, which players show as sRGB', () => {
    expect(codedColourSpace(1, 13)).toBeNull();
    expect(codedColourSpace(2, 2)).toBeNull();
    expect(codedColourSpace(1, 1)).toBeNull();
    expect(gammaColourSpace(0.45455, null)).toBeNull();
    expect(gammaColourSpace(0.50994, [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06])).toBeNull();
  });

  it.each([
    [9, 16, 'high dynamic range (PQ)'],
    [9, 18, 'high dynamic range (HLG)'],
    [8, 13, 'colours of code 8/13'],
  ])('of code %i/%i is refused with the reason', (primaries, transfer, reason) => {
    expect(() => codedColourSpace(primaries, transfer)).toThrow(reason);
  });
});
