import { expect, it } from 'vitest';
import { minimum } from '../../../eval/combiners/newton.ts';

it('comes back where a whole step would lead away', () => {
  // The root of 1 + (x − 3)²: from further off than 1, Newton's steps grow and grow.
  const point = minimum(
    1,
    ([x]) => {
      const root = Math.sqrt(1 + (x - 3) ** 2);
      const slopes = Float64Array.of((x - 3) / root);
      return { value: root, slopes, direction: () => slopes.map((slope) => -slope * root ** 3) };
    },
    1e-9,
  );
  expect(point[0]).toBeCloseTo(3, 8);
});
