import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { gather, rowMajorStrides } from '../../src/core/strided.ts';
import { sizeOf } from '../../src/core/tensor.ts';

/** Every element by its definition. */
function byDefinition(
  source: ArrayLike<number>,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
) {
  const steps = rowMajorStrides(shape);
  return Array.from({ length: sizeOf(shape) }, (_, at) =>
    Number(
      source[
        shape.reduce(
          (sum, extent, axis) => sum + (Math.floor(at / steps[axis]) % extent) * strides[axis],
          offset,
        )
      ],
    ),
  );
}

it('gathers transposed, repeated and cut tensors of any rank', () => {
  const rng = new Rng('strided');
  for (let round = 0; round < 300; round++) {
    const rank = 1 + rng.integer(5);
    const given = Array.from({ length: rank }, () => 1 + rng.integer(round % 3 === 0 ? 40 : 7));
    if (sizeOf(given) > 2e5) continue;
    const offset = rng.integer(3);
    const source = Float32Array.from({ length: offset + sizeOf(given) }, (_, i) => i);
    const steps = rowMajorStrides(given);
    const order = rng.shuffle(given.map((_, axis) => axis));
    const cut = rng.chance(0.3);
    const shape = order.map((axis) => (cut ? 1 + rng.integer(given[axis]) : given[axis]));
    const strides = order.map((axis) => (rng.chance(0.1) ? 0 : steps[axis]));
    const layout = { shape, strides, offset };
    const gathered = gather(source, new Float32Array(sizeOf(shape)), layout);
    expect([...gathered], JSON.stringify(layout)).toEqual(byDefinition(source, shape, strides, offset));
  }
});

it('gathers integers of 64 bits, and nothing', () => {
  const source = BigInt64Array.from({ length: 6 }, (_, i) => BigInt(i));
  const turned = gather(source, new BigInt64Array(6), { shape: [3, 2], strides: [1, 3], offset: 0 });
  expect([...turned]).toEqual([0n, 3n, 1n, 4n, 2n, 5n]);
  expect(gather(source, new BigInt64Array(0), { shape: [0, 2], strides: [1, 3], offset: 0 })).toHaveLength(0);
});
