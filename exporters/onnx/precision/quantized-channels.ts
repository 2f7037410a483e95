import { sizeOf } from '../../../src/core/tensor.ts';

/**
 * One scale for each index along `axis`, such that the largest weight there is ±`limit` scales.
 *
 * @returns float32, as long as that axis; 1 for a channel of zeros
 */
export function channelScales(
  weights: Float32Array,
  shape: readonly number[],
  axis: number,
  limit: number,
): Float32Array {
  const largest = new Float32Array(shape[axis]);
  eachChannel(weights.length, shape, axis, (i, channel) => {
    largest[channel] = Math.max(largest[channel], Math.abs(weights[i]));
  });
  return largest.map((value) => (value === 0 ? 1 : value / limit));
}

/** The weights in whole numbers of their channel's scale, rounded to nearest, within ±127. */
export function quantizeChannels(
  weights: Float32Array,
  shape: readonly number[],
  axis: number,
  scales: Float32Array,
): Int8Array {
  const quantized = new Int8Array(weights.length);
  eachChannel(weights.length, shape, axis, (i, channel) => {
    quantized[i] = Math.max(-127, Math.min(127, Math.round(weights[i] / scales[channel])));
  });
  return quantized;
}

/** What quantised weights are worth. */
export function dequantizeChannels(
  quantized: Int8Array,
  shape: readonly number[],
  axis: number,
  scales: Float32Array,
): Float32Array {
  const weights = new Float32Array(quantized.length);
  eachChannel(quantized.length, shape, axis, (i, channel) => {
    weights[i] = quantized[i] * scales[channel];
  });
  return weights;
}

/** Visits elements in row-major order with their index along `axis`. */
function eachChannel(
  size: number,
  shape: readonly number[],
  axis: number,
  visit: (i: number, channel: number) => void,
): void {
  const inner = sizeOf(shape.slice(axis + 1));
  const channels = shape[axis];
  for (let i = 0, channel = 0; i < size; channel = channel + 1 === channels ? 0 : channel + 1) {
    for (const end = i + inner; i < end; i++) visit(i, channel);
  }
}
