import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { literalWeights, reshapeWeights, transposeWeights } from '../../src/core/weights.ts';

/** Element by element, from the definition. */
function transposed(data: Float32Array, shape: readonly number[], permutation: readonly number[]): number[] {
  const extents = permutation.map((axis) => shape[axis]);
  return Array.from(data, (_, flat) => {
    const source = Array<number>(shape.length);
    let rest = flat;
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      source[permutation[axis]] = rest % extents[axis];
      rest = Math.floor(rest / extents[axis]);
    }
    return data[source.reduce((index, position, axis) => index * shape[axis] + position, 0)];
  });
}

describe('transposeWeights', () => {
  it('moves axes as the definition says, for 300 random shapes and permutations', () => {
    const rng = new Rng('transpose');
    for (let round = 0; round < 300; round++) {
      const shape = Array.from({ length: rng.integer(6) }, () => rng.integer(5));
      const permutation = rng.shuffle([...shape.keys()]);
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
      const result = transposeWeights(literalWeights(data, shape), permutation);
      expect(result.shape).toEqual(permutation.map((axis) => shape[axis]));
      expect([...result.data()], `[${shape}] by [${permutation}]`).toEqual(
        transposed(data, shape, permutation),
      );
    }
  });

  it('reads the weights only when asked', () => {
    const result = transposeWeights({ shape: [2, 3], data: () => expect.unreachable() }, [1, 0]);
    expect(result.shape).toEqual([3, 2]);
  });
});

describe('reshapeWeights', () => {
  it('refuses a shape of another size', () => {
    expect(() => reshapeWeights(literalWeights(new Float32Array(6), [2, 3]), [4])).toThrow('[2,3]');
  });
});
