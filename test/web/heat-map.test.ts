import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { rangeOf } from '../../web/page/heat-map.ts';

const map = (...values: number[]): Tensor => ({
  dtype: 'float32',
  shape: [1, values.length],
  data: Float32Array.from(values),
});

describe('rangeOf', () => {
  it('is the range of a map that varies', () => {
    expect(rangeOf(map(0.75, 0.25, 0.5))).toEqual({ low: 0.25, high: 0.75, isEven: false });
  });

  it.each([
    ['near 1', map(0.98, 1, 0.99, 0.995)],
    ['near 0', map(0.0001, 0.0004)],
    ['in between', map(0.505, 0.475)],
    ['of one value', map(0.5, 0.5)],
  ])('calls a map %s even', (_, attention) => {
    expect(rangeOf(attention).isEven).toBe(true);
  });

  it('does not call a map even for one place that stands out', () => {
    expect(rangeOf(map(...Array.from({ length: 48 }, () => 0.99), 0.9)).isEven).toBe(false);
  });

  it('takes maps of any size', () => {
    const data = Float32Array.from({ length: 300_000 }, (_, i) => i / 300_000);
    expect(rangeOf({ ...map(), data }).low).toBe(0);
  });
});
