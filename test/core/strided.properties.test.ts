import { expect, it } from 'vitest';
import { gather, isRowMajor, rowMajorStrides } from '../../src/core/strided.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { literalWeights, reshapeWeights, transposeWeights } from '../../src/core/weights.ts';
import { fc, runs } from '../properties.ts';

/** Every element by its definition. */
function byDefinition(
  source: ArrayLike<number>,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): number[] {
  const elements = (axis: number, at: number): number[] => {
    if (axis === shape.length) return [source[at]];
    return Array.from({ length: shape[axis] }, (_, i) => elements(axis + 1, at + i * strides[axis])).flat();
  };
  return elements(0, offset);
}

/** A tensor that is transposed, and here and there cut or repeated; large ones have two or three long axes. */
const view = fc
  .oneof(
    fc.array(fc.nat(6), { maxLength: 5 }),
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 3 }),
  )
  .chain((given) =>
    fc.record({
      ...{ given: fc.constant(given), offset: fc.nat(3) },
      order: fc.shuffledSubarray([...given.keys()], { minLength: given.length }),
      cuts: fc.array(fc.nat(2), { minLength: given.length, maxLength: given.length }),
      repeated: fc.array(fc.nat(9), { minLength: given.length, maxLength: given.length }),
    }),
  )
  .map(({ given, offset, order, cuts, repeated }) => {
    const steps = rowMajorStrides(given);
    return {
      ...{ given, order, offset },
      shape: order.map((axis) => Math.max(given[axis] - cuts[axis], Math.min(given[axis], 1))),
      strides: order.map((axis) => (repeated[axis] === 0 ? 0 : steps[axis])),
    };
  });

it('gathers transposed, repeated and cut tensors of any rank', () => {
  fc.assert(
    fc.property(view, ({ given, shape, strides, offset }) => {
      const source = Float32Array.from({ length: offset + sizeOf(given) }, (_, i) => i);
      const gathered = gather(source, new Float32Array(sizeOf(shape)), { shape, strides, offset });
      expect(gathered).toEqual(Float32Array.from(byDefinition(source, shape, strides, offset)));
    }),
    runs(200),
  );
});

it('gathers by any strides, such as those of diagonals and of windows that overlap', () => {
  const axis = fc.record({ extent: fc.nat(6), step: fc.nat(7) });
  fc.assert(
    fc.property(fc.array(axis, { maxLength: 4 }), fc.nat(3), (axes, offset) => {
      const [shape, strides] = [axes.map(({ extent }) => extent), axes.map(({ step }) => step)];
      const source = Float32Array.from({ length: 200 }, (_, i) => i);
      const gathered = gather(source, new Float32Array(sizeOf(shape)), { shape, strides, offset });
      expect(gathered).toEqual(Float32Array.from(byDefinition(source, shape, strides, offset)));
    }),
    runs(300),
  );
});

it('a tensor in row-major order lies as it is gathered, and only such a one', () => {
  fc.assert(
    fc.property(view, ({ given, shape, strides, offset }) => {
      const source = Float32Array.from({ length: offset + sizeOf(given) }, (_, i) => i);
      const gathered = byDefinition(source, shape, strides, offset);
      const size = gathered.length;
      const liesSo = gathered.every((value, i) => value === source[offset + i]);
      expect(isRowMajor({ shape, strides, offset })).toBe(liesSo || size === 0);
    }),
    runs(200),
  );
});

it('weights that are transposed have their axes so, and come back by the opposite order', () => {
  fc.assert(
    fc.property(view, ({ given, order }) => {
      const weights = literalWeights(
        Float32Array.from({ length: sizeOf(given) }, (_, i) => i),
        given,
      );
      const turned = transposeWeights(weights, order);
      const shape = order.map((axis) => given[axis]);
      const steps = rowMajorStrides(given);
      expect(turned.shape).toEqual(shape);
      const strides = order.map((axis) => steps[axis]);
      expect(turned.data()).toEqual(Float32Array.from(byDefinition(weights.data(), shape, strides, 0)));
      const back = transposeWeights(
        turned,
        [...order.keys()].map((axis) => order.indexOf(axis)),
      );
      expect(back.shape).toEqual(given);
      expect(back.data()).toEqual(weights.data());
      expect(reshapeWeights(weights, shape).data()).toEqual(weights.data());
    }),
    runs(100),
  );
});
