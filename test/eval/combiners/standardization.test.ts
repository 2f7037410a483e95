import { expect, it } from 'vitest';
import { standardizationOf, standardized } from '../../../eval/combiners/standardization.ts';

it('gives columns the mean 0 and the deviation 1, and 0 for those that did not vary', () => {
  const columns = { rows: 4, width: 2, data: Float64Array.of(1, 0.1, 3, 0.1, 5, 0.1, 7, 0.1) };
  const scaling = standardizationOf(columns);
  expect(scaling).toEqual({ mean: [4, expect.closeTo(0.1, 15)], scale: [1 / Math.sqrt(5), 0] });
  expect(Array.from(standardized(columns, scaling).data)).toEqual(
    [-3, 0, -1, 0, 1, 0, 3, 0].map((value, i) => expect.closeTo(i % 2 === 0 ? value / Math.sqrt(5) : 0, 12)),
  );
  // Whatever it is elsewhere.
  const elsewhere = standardized({ rows: 1, width: 2, data: Float64Array.of(4, 0.9) }, scaling);
  expect(elsewhere.data[1]).toBe(0);
});
