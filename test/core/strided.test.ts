import { expect, it } from 'vitest';
import { gather } from '../../src/core/strided.ts';

it('gathers integers of 64 bits, and nothing', () => {
  const source = BigInt64Array.from({ length: 6 }, (_, i) => BigInt(i));
  const turned = gather(source, new BigInt64Array(6), { shape: [3, 2], strides: [1, 3], offset: 0 });
  expect([...turned]).toEqual([0n, 3n, 1n, 4n, 2n, 5n]);
  expect(gather(source, new BigInt64Array(0), { shape: [0, 2], strides: [1, 3], offset: 0 })).toHaveLength(0);
});
