import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';
import { type KernelCall, runKernel, type WasmBackend, type WindowAttributes } from './wasm-kernel.ts';

/**
 * One axis of one stride phase. Input positions i with (i + pad) mod stride = r see only the taps
 * r, r + stride, …; over them, dx is a stride-1 correlation of dy with those taps reversed.
 */
interface Phase {
  /** Kernel taps that this phase sees, in the order in which dy meets them. */
  readonly taps: readonly number[];
  /** First input position of the phase; further ones follow `stride` apart. */
  readonly start: number;
  readonly count: number;
  /** Zeros before and after dy; negative where dy has to be cropped. */
  readonly before: number;
  readonly after: number;
}

function phases(axis: {
  input: number;
  output: number;
  kernel: number;
  stride: number;
  pad: number;
}): Phase[] {
  const { input, output, kernel, stride, pad } = axis;
  return Array.from({ length: stride }, (_, r) => {
    const length = Math.max(0, Math.ceil((kernel - r) / stride));
    const taps = Array.from({ length }, (_, i) => r + stride * (length - 1 - i));
    const first = Math.max(0, Math.ceil((pad - r) / stride));
    const last = Math.floor((input - 1 + pad - r) / stride);
    return {
      taps,
      start: first * stride + r - pad,
      count: Math.max(0, last - first + 1),
      before: length - 1 - first,
      after: last - (output - 1),
    };
  });
}

/**
 * dX of a 2-D convolution, NHWC, from one stride-1 convolution of dy a stride phase (for stride 1: just one),
 * whose results interleave to dx.
 */
export function conv2dInputGradient(
  call: KernelCall<WindowAttributes & { inputShape: [number, number, number, number] }>,
): TensorInfo {
  const { inputs, attrs, backend } = call;
  const { inputShape, strides, pad, dimRoundingMode } = attrs;
  const dy = inputs.dy!;
  const filter = inputs.filter!;
  const filterShape = filter.shape as [number, number, number, number];
  const conv = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad, dimRoundingMode);
  const vertical = phases({
    input: conv.inHeight,
    output: conv.outHeight,
    kernel: conv.filterHeight,
    stride: conv.strideHeight,
    pad: conv.padInfo.top,
  });
  const horizontal = phases({
    input: conv.inWidth,
    output: conv.outWidth,
    kernel: conv.filterWidth,
    stride: conv.strideWidth,
    pad: conv.padInfo.left,
  });
  if (vertical.length === 1 && horizontal.length === 1) {
    return correlate(dy, filter, vertical[0], horizontal[0], backend);
  }

  const dx = backend.makeOutput(inputShape, 'float32');
  backend.typedArrayFromHeap(dx).fill(0);
  for (const rows of vertical) {
    for (const columns of horizontal) {
      if (!rows.taps.length || !columns.taps.length || !rows.count || !columns.count) continue;
      const part = correlate(dy, filter, rows, columns, backend);
      const from = backend.typedArrayFromHeap(part);
      const to = backend.typedArrayFromHeap(dx);
      const channels = conv.inChannels;
      let source = 0;
      for (let image = 0; image < conv.batchSize; image++) {
        for (let i = 0; i < rows.count; i++) {
          const row = image * conv.inHeight + rows.start + i * conv.strideHeight;
          let target = (row * conv.inWidth + columns.start) * channels;
          for (let j = 0; j < columns.count; j++) {
            for (let c = 0; c < channels; c++) to[target + c] = from[source++];
            target += conv.strideWidth * channels;
          }
        }
      }
      backend.disposeData(part.dataId);
    }
  }
  return dx;
}

/** Convolves dy, padded or cropped, with the phase's taps: [N, rows.count, columns.count, ci]. */
function correlate(
  dy: TensorInfo,
  filter: TensorInfo,
  rows: Phase,
  columns: Phase,
  backend: WasmBackend,
): TensorInfo {
  const cropped = crop(dy, rows, columns, backend);
  const taps = phaseFilter(filter, rows.taps, columns.taps, backend);
  const pad = [
    [0, 0],
    [Math.max(0, rows.before), Math.max(0, rows.after)],
    [Math.max(0, columns.before), Math.max(0, columns.after)],
    [0, 0],
  ];
  const result = runKernel(
    'Conv2D',
    { x: cropped, filter: taps },
    { strides: [1, 1], dilations: [1, 1], pad, dataFormat: 'NHWC' },
    backend,
  );
  backend.disposeData(taps.dataId);
  if (cropped !== dy) backend.disposeData(cropped.dataId);
  return result;
}

function crop(dy: TensorInfo, rows: Phase, columns: Phase, backend: WasmBackend): TensorInfo {
  const top = Math.max(0, -rows.before);
  const left = Math.max(0, -columns.before);
  const height = dy.shape[1] - top - Math.max(0, -rows.after);
  const width = dy.shape[2] - left - Math.max(0, -columns.after);
  if (height === dy.shape[1] && width === dy.shape[2]) return dy;
  const size = [dy.shape[0], height, width, dy.shape[3]];
  return runKernel('Slice', { x: dy }, { begin: [0, top, left, 0], size }, backend);
}

/** Picks taps and swaps channels: [kh, kw, ci, co] → [rows, columns, co, ci]. */
function phaseFilter(
  filter: TensorInfo,
  rows: readonly number[],
  columns: readonly number[],
  backend: WasmBackend,
): TensorInfo {
  const [, width, inputs, outputs] = filter.shape;
  const picked = backend.makeOutput([rows.length, columns.length, outputs, inputs], 'float32');
  const from = backend.typedArrayFromHeap(filter);
  const to = backend.typedArrayFromHeap(picked);
  let target = 0;
  for (const row of rows) {
    for (const column of columns) {
      const tap = (row * width + column) * inputs * outputs;
      for (let co = 0; co < outputs; co++) {
        for (let ci = 0; ci < inputs; ci++) to[target++] = from[tap + ci * outputs + co];
      }
    }
  }
  return picked;
}
