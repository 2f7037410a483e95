import { describe, expect, it } from 'vitest';
import {
  affineScale,
  countValues,
  emptyHistogram,
  entropyRange,
  percentileRange,
} from '../../../../exporters/onnx/quantize/range.ts';
import { Rng } from '../../../../src/core/rng.ts';

describe('affineScale', () => {
  it('spreads 256 steps over the range and holds zero exactly', () => {
    expect(affineScale({ min: 0, max: 25.5 })).toEqual({ scale: Math.fround(0.1), zeroPoint: 0 });
    expect(affineScale({ min: -1, max: 3 })).toEqual({ scale: Math.fround(4 / 255), zeroPoint: 64 });
    expect(affineScale({ min: -3, max: 0 }).zeroPoint).toBe(255);
  });

  it('widens a range on one side of zero, and takes a value that is always zero', () => {
    expect(affineScale({ min: 2, max: 5.1 })).toEqual({ scale: Math.fround(0.02), zeroPoint: 0 });
    expect(affineScale({ min: 0, max: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });
});

function histogramOf(values: Float32Array) {
  const range = { min: Math.min(0, ...values), max: Math.max(0, ...values) };
  const histogram = emptyHistogram(range);
  countValues(histogram, values);
  return histogram;
}

const rng = new Rng('ranges');
const normal = Float32Array.from({ length: 50_000 }, () => rng.normal());
const rectified = normal.map((value) => Math.max(0, value));

describe('percentileRange', () => {
  it('cuts a share of the values, half of it at either end', () => {
    const { min, max } = percentileRange(histogramOf(normal), 0.99);
    // The 0.5th percentile of the normal distribution lies at −2.576.
    expect(min).toBeCloseTo(-2.576, 1);
    expect(max).toBeCloseTo(2.576, 1);
  });

  it('cuts above only, where nothing is negative', () => {
    const { min, max } = percentileRange(histogramOf(rectified), 0.99);
    expect(min).toBe(0);
    expect(max).toBeCloseTo(2.326, 1);
  });

  it('keeps all values at a share of one', () => {
    const histogram = histogramOf(normal);
    const { min, max } = percentileRange(histogram, 1);
    expect(min).toBeLessThanOrEqual(Math.min(...normal) + 1e-6);
    expect(max).toBeCloseTo(histogram.max, 5);
  });
});

describe('entropyRange', () => {
  it('cuts a few far values off, which would cost all others their resolution', () => {
    const withFar = Float32Array.from([...rectified, 40, 40]);
    const { min, max } = entropyRange(histogramOf(withFar));
    expect(min).toBe(0);
    expect(max).toBeLessThan(15);
    expect(max).toBeGreaterThan(2.5);
  });

  it('keeps most of what has no tail', () => {
    const uniform = Float32Array.from({ length: 20_000 }, () => rng.uniform(-1, 1));
    const { min, max } = entropyRange(histogramOf(uniform));
    expect(max).toBeGreaterThan(0.9);
    expect(max).toBeLessThanOrEqual(1);
    expect(min).toBeLessThan(-0.9);
    expect(min).toBeGreaterThanOrEqual(-1);
  });

  it('is symmetric for signed values, however they lie', () => {
    // Most of them negative, and a few far off on either side.
    const skewed = Float32Array.from({ length: 20_000 }, () => rng.uniform(-2, 0.5));
    const { min, max } = entropyRange(histogramOf(Float32Array.from([...skewed, 40, -30, -30])));
    expect(max).toBeGreaterThan(1.5);
    expect(max).toBeLessThan(15);
    expect(min).toBe(-max);
  });
});
