import { expect, it } from 'vitest';
import {
  type ColourSpace,
  codedColourSpace,
  gammaColourSpace,
  toSrgb,
} from '../../src/image/colour-space.ts';
import { fc, runs } from '../properties.ts';

const coded = fc
  .tuple(fc.constantFrom(1, 2, 4, 5, 6, 7, 9, 11, 12), fc.constantFrom(1, 2, 4, 5, 6, 8, 13, 14, 15))
  .map((codes) => codedColourSpace(...codes))
  .filter((space) => space !== null);

/** What PNG's gAMA and cHRM may say: sense, and any nonsense, which zeros are the usual kind of. */
const hundredThousandths = (max: number) => fc.nat(max).map((value) => value / 100_000);
const chromaticities = fc.oneof(
  fc.array(fc.oneof(fc.constant(0), hundredThousandths(100_000), hundredThousandths(0xffffffff)), {
    ...{ minLength: 8, maxLength: 8 },
  }),
  fc.constantFrom(Array<number>(8).fill(0), Array<number>(8).fill(0.3127)),
  fc.constant(null),
);
const told = fc
  .tuple(
    hundredThousandths(0xffffffff).map((gamma) => gamma + 1e-5),
    chromaticities,
  )
  .map(([gamma, points]) => gammaColourSpace(gamma, points))
  .filter((space) => space !== null);

const rgba = fc
  .uint8Array({ minLength: 4, maxLength: 40 })
  .map((bytes) => bytes.subarray(0, bytes.length & ~3));

const shown = (rgba: Uint8Array, space: ColourSpace) =>
  toSrgb({ width: rgba.length / 4, height: 1, rgba }, space).data;
const greys = Uint8Array.from({ length: 4 * 256 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2));

it('white stays white and black black whatever a file says of its colours, and greys are grey, in their order', () => {
  fc.assert(
    fc.property(fc.oneof(coded, told), (space) => {
      const levels = shown(greys, space);
      expect([...levels.subarray(0, 3)]).toEqual([0, 0, 0]);
      for (const white of levels.subarray(-3)) expect(white).toBeGreaterThanOrEqual(254);
      for (let i = 3; i < levels.length; i += 3) {
        const [r, g, b] = levels.subarray(i, i + 3);
        if (Math.max(r, g, b) - Math.min(r, g, b) > 1 || r < levels[i - 3]) {
          expect.fail(`the grey ${i / 3} is shown as ${r}, ${g}, ${b}`);
        }
      }
    }),
    runs(200),
  );
});

it("sRGB's own values stay as they are, and transparent ones lie on black", () => {
  const srgb = codedColourSpace(1, 4)!;
  const toLight = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  fc.assert(
    fc.property(rgba, coded, (rgba, space) => {
      const opaque = rgba.map((value, i) => (i % 4 === 3 ? 255 : value));
      expect([...shown(opaque, { ...srgb, toLight })]).toEqual([...opaque].filter((_, i) => i % 4 < 3));
      const full = shown(opaque, space);
      const expected = full.map((value, i) => Math.round((value * rgba[4 * Math.floor(i / 3) + 3]) / 255));
      expect(shown(rgba, space)).toEqual(expected);
    }),
  );
});

it('more of a channel is never shown as less of it, beyond what sRGB can show too', () => {
  const value = fc.nat(255);
  fc.assert(
    fc.property(coded, fc.tuple(value, value, value), fc.nat(2), value, (space, colour, channel, other) => {
      const more = colour.with(channel, Math.max(colour[channel], other));
      const levels = shown(Uint8Array.of(...colour, 255, ...more, 255), space);
      expect(levels[3 + channel]).toBeGreaterThanOrEqual(levels[channel]);
    }),
    runs(200),
  );
});

it('each pixel is converted alone', () => {
  fc.assert(
    fc.property(rgba, coded, (rgba, space) => {
      const alone = Array.from({ length: rgba.length / 4 }, (_, i) => [
        ...shown(rgba.subarray(4 * i, 4 * i + 4), space),
      ]);
      expect([...shown(rgba, space)]).toEqual(alone.flat());
    }),
  );
});
