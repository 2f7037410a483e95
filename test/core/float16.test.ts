import { describe, expect, it } from 'vitest';
import { fromFloat16, toFloat16 } from '../../src/core/float16.ts';

describe('float16', () => {
  it('gives every binary16 number back', () => {
    const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
    const values = fromFloat16(bits);
    const again = toFloat16(values);
    const wrong = [...bits].filter((i) => !Number.isNaN(values[i]) && again[i] !== i);
    expect(wrong).toEqual([]);
    expect(Number.isNaN(fromFloat16(toFloat16(Float32Array.of(Number.NaN)))[0])).toBe(true);
  });

  it('rounds to the nearest, and to the even one of two that are equally near', () => {
    const numbers = fromFloat16(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
    for (let i = 0; i + 1 < numbers.length; i += 7) {
      const middle = (numbers[i] + numbers[i + 1]) / 2;
      const around = Float32Array.of(middle * (1 - 2 ** -20), middle, middle * (1 + 2 ** -20));
      expect([...toFloat16(around)]).toEqual([i, i + (i % 2), i + 1]);
    }
  });

  it('knows the ends of its range', () => {
    const ends = Float32Array.of(65504, 65519, 65520, -65520, 2 ** -25, -(2 ** -24), 0, -0);
    expect([...fromFloat16(toFloat16(ends))]).toEqual([
      ...[65504, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ...[0, -(2 ** -24), 0, -0],
    ]);
  });
});
