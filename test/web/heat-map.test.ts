import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { rampRange } from '../../web/page/heat-map.ts';

const map = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [1, values.length],
  data: Float32Array.from(values),
});

describe('rampRange', () => {
  it('is the range of a map that varies', () => {
    expect(rampRange(map(0.75, 0.25, 0.5))).toEqual([0.25, 0.75]);
  });

  it.each([
    ['near 1', map(0.9996, 0.9999), '0.98', '1.00'],
    ['near 0', map(0.0001, 0.0004), '0.00', '0.02'],
    ['in between', map(0.505, 0.495), '0.49', '0.51'],
    ['of one value', map(0.5, 0.5), '0.49', '0.51'],
  ])('does not stretch a flat map %s, and its ends can be told apart', (_, attention, low, high) => {
    expect(rampRange(attention).map((end) => end.toFixed(2))).toEqual([low, high]);
  });
});
