import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';
import type { KernelCall, WindowAttributes } from './wasm-kernel.ts';

/**
 * dX of 2-D max pooling, NHWC: every dy goes to the first maximum of its window, row by row. (The shipped
 * kernel starts its search at the smallest positive float and so loses windows without a positive value.)
 */
export function maxPoolGradient(
  call: KernelCall<WindowAttributes & { filterSize: number | [number, number] }>,
): TensorInfo {
  const { inputs, attrs, backend } = call;
  const x = inputs.input!;
  const shape = x.shape as [number, number, number, number];
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const pool = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const result = backend.makeOutput(shape, 'float32');
  const values = backend.typedArrayFromHeap(x);
  const maxima = backend.typedArrayFromHeap(inputs.output!);
  const dy = backend.typedArrayFromHeap(inputs.dy!);
  const dx = backend.typedArrayFromHeap(result).fill(0);

  const { inHeight, inWidth, inChannels: channels } = pool;
  let output = 0;
  for (let image = 0; image < pool.batchSize; image++) {
    for (let oh = 0; oh < pool.outHeight; oh++) {
      const top = oh * pool.strideHeight - pool.padInfo.top;
      const rowEnd = Math.min(inHeight, top + pool.filterHeight);
      for (let ow = 0; ow < pool.outWidth; ow++) {
        const left = ow * pool.strideWidth - pool.padInfo.left;
        const columnEnd = Math.min(inWidth, left + pool.filterWidth);
        for (let channel = 0; channel < channels; channel++, output++) {
          const maximum = maxima[output];
          search: for (let row = Math.max(0, top); row < rowEnd; row++) {
            const line = (image * inHeight + row) * inWidth;
            for (let column = Math.max(0, left); column < columnEnd; column++) {
              const at = (line + column) * channels + channel;
              if (values[at] === maximum) {
                dx[at] += dy[output];
                break search;
              }
            }
          }
        }
      }
    }
  }
  return result;
}
