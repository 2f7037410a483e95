import { expect, it } from 'vitest';
import { sizeOf, tensor } from '../../src/core/tensor.ts';

it('has the type of its data, and as many elements as its shape', () => {
  for (const [dtype, data] of [
    ['float32', Float32Array.of(1, 2)],
    ['uint8', Uint8Array.of(1, 2)],
    ['int32', Int32Array.of(1, 2)],
  ] as const) {
    expect(tensor(data, [2, 1])).toEqual({ dtype, shape: [2, 1], data });
  }
  expect([sizeOf([]), sizeOf([2, 3, 4]), sizeOf([5, 0])]).toEqual([1, 24, 0]);
  expect(() => tensor(new Float32Array(5), [2, 3])).toThrow(
    'a tensor of shape [2,3] needs 6 elements, has 5',
  );
});
