import { expect, it } from 'vitest';
import { siText } from '../../src/core/si-text.ts';

it.each([
  [0, '0'],
  [7, '7'],
  [999, '999'],
  [1000, '1.00 k'],
  [9994, '9.99 k'],
  [10_000, '10.0 k'],
  [99_900, '99.9 k'],
  [100_000, '100 k'],
  [999_499, '999 k'],
  [1e6, '1.00 M'],
  [60_200_000, '60.2 M'],
  [2.5e9, '2.50 G'],
  [3e12, '3.00 T'],
  [4e15, '4.00 P'],
  [5e18, '5000 P'],
])('%d is "%s"', (value, expected) => {
  expect(siText(value)).toBe(expected);
});
