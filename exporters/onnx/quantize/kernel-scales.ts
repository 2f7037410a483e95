import { sizeOf } from '../../../src/core/tensor.ts';

/** The largest stored weight, and the largest sum of two neighbours before they are rounded. */
const limit = 127;

/**
 * A scale for each filter of a kernel [filters, channels, …] that is to be stored as int8.
 *
 * Processors without 8-bit dot products (AVX2) add the products of two neighbouring weights with uint8 values in
 * 16 bits, which hold 255 · 128. So a filter's scale is the least with which no two neighbours can overflow them,
 * whether channels or positions are summed first: half a bit coarser than the least scale for the weights alone, where
 * the usual remedy of 7-bit weights costs a whole one.
 *
 * @returns float32, one a filter; 1 for a filter of zeros
 */
export function kernelScales(weights: Float32Array, shape: readonly number[]): Float32Array {
  const [filters, channels] = shape;
  const positions = sizeOf(shape.slice(2));
  const size = channels * positions;
  return Float32Array.from({ length: filters }, (_, filter) => {
    const row = weights.subarray(filter * size, (filter + 1) * size);
    let largest = 0;
    let [before, beforeLast] = [0, 0];
    for (let i = 0; i < size; i++) {
      const weight = row[i];
      const last = row[(i % channels) * positions + Math.floor(i / channels)];
      const sums = Math.max(Math.abs(before + weight), Math.abs(beforeLast + last));
      largest = Math.max(largest, Math.abs(weight), sums);
      [before, beforeLast] = [weight, last];
    }
    return largest === 0 ? 1 : largest / limit;
  });
}
