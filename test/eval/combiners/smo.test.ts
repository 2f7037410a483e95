import { expect, it } from 'vitest';
import { separate } from '../../../eval/combiners/smo.ts';

it('puts the border midway between what samples allow where all count the most that they may', () => {
  const kernel = { rows: 2, values: Float32Array.of(1, 0, 0, 4) };
  const { factors, offset } = separate(kernel, [1, 0], [0, 1], 0.1);
  expect([...factors]).toEqual([0.1, -0.1]);
  // 1 = 0.1 · 1 + offset for the one, and −1 = −0.1 · 4 + offset for the other.
  expect(offset).toBeCloseTo((0.9 - 0.6) / 2, 6);
});
