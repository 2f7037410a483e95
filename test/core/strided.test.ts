import { expect, it } from 'vitest';
import { gather, isRowMajor, rowMajorStrides } from '../../src/core/strided.ts';

it('gathers integers of 64 bits, and nothing', () => {
  const source = BigInt64Array.from({ length: 6 }, (_, i) => BigInt(i));
  const turned = gather(source, new BigInt64Array(6), { shape: [3, 2], strides: [1, 3], offset: 0 });
  expect([...turned]).toEqual([0n, 3n, 1n, 4n, 2n, 5n]);
  expect(gather(source, new BigInt64Array(0), { shape: [0, 2], strides: [1, 3], offset: 0 })).toHaveLength(0);
});

it('finds elements beyond what 32 bits can say', () => {
  // A source of 2^33 elements, each its own place.
  const far = new Proxy(
    { length: 2 ** 33 },
    { get: (_, key) => Number(String(key)) },
  ) as unknown as Float64Array;
  for (const step of [2 ** 31 - 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5]) {
    const turned = gather(far, new Float64Array(6), { shape: [3, 2], strides: [1, step], offset: 7 });
    expect([...turned]).toEqual([7, 7 + step, 8, 8 + step, 9, 9 + step]);
    const outer = gather(far, new Float64Array(8), { shape: [2, 2, 2], strides: [step, 1, 5], offset: 0 });
    expect([...outer]).toEqual([0, 5, 1, 6, step, step + 5, step + 1, step + 6]);
  }
});

it.each<[string, number[], number[], boolean]>([
  ['a matrix', [2, 3], [3, 1], true],
  ['its transpose', [3, 2], [1, 3], false],
  ['a matrix with gaps', [2, 3], [4, 1], false],
  ['one row of a matrix with gaps', [1, 3], [4, 1], true],
  ['a column of a matrix', [2, 1], [1, 7], true],
  ['every second element', [3], [2], false],
  ['an element again and again', [3], [0], false],
  ['a number', [], [], true],
  ['nothing, however it is laid out', [0, 3], [1, 9], true],
])('%s is laid out row by row, or not', (_, shape, strides, expected) => {
  expect(isRowMajor({ shape, strides, offset: 5 })).toBe(expected);
});

it('has the last axis vary fastest', () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(rowMajorStrides([7])).toEqual([1]);
  expect(rowMajorStrides([])).toEqual([]);
});
