import { expect, it } from 'vitest';
import { float16Max, fromFloat16, toFloat16 } from '../../src/core/float16.ts';
import { fc, runs } from '../properties.ts';

const halves = fromFloat16(Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits));
const float = fc.oneof(
  // Where rounding turns: the middles of neighbours, what is next to them, and where infinity begins.
  fc
    .tuple(fc.nat(halves.length - 2), fc.constantFrom(-1, 0, 1), fc.constantFrom(-1, 1))
    .map(([i, aside, sign]) => sign * ((halves[i] + halves[i + 1]) / 2) * (1 + aside * 2 ** -20)),
  fc.constantFrom(65504, 65519.996, 65520, -65520, 0, -0),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -70_000, max: 70_000 }),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e-4), max: Math.fround(1e-4) }),
);
const rounded = (value: number) => fromFloat16(toFloat16(Float32Array.of(value)))[0];

it('a number becomes the nearest binary16, and the even one of two', () => {
  fc.assert(
    fc.property(float, (value) => {
      const size = Math.abs(value);
      // From the middle between the largest and what would be next on, the nearest is infinity.
      if (size >= float16Max + 16) {
        expect(rounded(value)).toBe(Math.sign(value) * Number.POSITIVE_INFINITY);
        return;
      }
      let [low, high] = [0, halves.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (halves[middle] <= size) low = middle;
        else high = middle;
      }
      const [below, above] = [size - halves[low], halves[high] - size];
      const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
      expect(rounded(value)).toBe(value < 0 || Object.is(value, -0) ? -halves[nearest] : halves[nearest]);
    }),
    runs(2000),
  );
});

it('rounding keeps the order of numbers, and their sign', () => {
  fc.assert(
    fc.property(float, float, (a, b) => {
      if (a <= b) expect(rounded(a)).toBeLessThanOrEqual(rounded(b));
      expect(rounded(-a)).toBe(-rounded(a));
    }),
    runs(500),
  );
});
