import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';
import { type KernelCall, runKernel, type WindowAttributes } from './wasm-kernel.ts';

/** Grid cells in one matrix product: the operands' panels then stay in the first-level cache. */
const groupSize = 1024;

/**
 * dW of a 2-D convolution, NHWC: `dW[kh, kw, ci, co] = Σ x[n, oh·s + kh − p, ow·s + kw − p, ci] · dy[n, oh, ow, co]`.
 *
 * x is split into stride phases and laid out channel by channel on a grid with room for the padding, dy on the same
 * grid with zeros in the gaps. There every tap sees x shifted by a constant, so that patches are plain copies and
 * dW is a matrix product, [taps·ci, cells] × [cells, co], a group of cells at a time. (One convolution of transposed
 * x with dilated dy as its filter gives the same at half the speed.)
 */
export function conv2dFilterGradient(
  call: KernelCall<WindowAttributes & { filterShape: [number, number, number, number] }>,
): TensorInfo {
  const { inputs, attrs, backend } = call;
  const { filterShape, strides, pad, dimRoundingMode } = attrs;
  const shape = inputs.x!.shape as [number, number, number, number];
  const conv = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { batchSize, inChannels, outChannels } = conv;
  const rows = gridAxis({
    input: conv.inHeight,
    output: conv.outHeight,
    kernel: conv.filterHeight,
    stride: conv.strideHeight,
    pad: conv.padInfo.top,
  });
  const columns = gridAxis({
    input: conv.inWidth,
    output: conv.outWidth,
    kernel: conv.filterWidth,
    stride: conv.strideWidth,
    pad: conv.padInfo.left,
  });

  const cells = batchSize * rows.length * columns.length;
  const reach = rows.reach * columns.length + columns.reach;
  const planes = backend.makeOutput(
    [rows.phases.length, columns.phases.length, inChannels, cells + reach],
    'float32',
  );
  const dyGrid = backend.makeOutput([cells, outChannels], 'float32');
  const gradient = backend.makeOutput(filterShape, 'float32');
  layPlanes(
    backend.typedArrayFromHeap(planes).fill(0),
    backend.typedArrayFromHeap(inputs.x!),
    conv,
    rows,
    columns,
  );
  layDy(
    backend.typedArrayFromHeap(dyGrid).fill(0),
    backend.typedArrayFromHeap(inputs.dy!),
    conv,
    rows,
    columns,
  );
  backend.typedArrayFromHeap(gradient).fill(0);

  const taps = rows.taps.length * columns.taps.length;
  for (let first = 0; first < cells; first += groupSize) {
    const count = Math.min(groupSize, cells - first);
    const patches = backend.makeOutput([1, taps * inChannels, count], 'float32');
    const dyPart = backend.makeOutput([1, count, outChannels], 'float32');
    const to = backend.typedArrayFromHeap(patches);
    const from = backend.typedArrayFromHeap(planes);
    let target = 0;
    for (const row of rows.taps) {
      for (const column of columns.taps) {
        const phase = row.phase * columns.phases.length + column.phase;
        const shift = first + row.shift * columns.length + column.shift;
        for (let channel = 0; channel < inChannels; channel++, target += count) {
          const source = (phase * inChannels + channel) * (cells + reach) + shift;
          to.set(from.subarray(source, source + count), target);
        }
      }
    }
    const dy = backend.typedArrayFromHeap(dyGrid);
    backend.typedArrayFromHeap(dyPart).set(dy.subarray(first * outChannels, (first + count) * outChannels));
    const untransposed = { transposeA: false, transposeB: false };
    const product = runKernel('BatchMatMul', { a: patches, b: dyPart }, untransposed, backend);
    addTo(backend.typedArrayFromHeap(gradient), backend.typedArrayFromHeap(product));
    for (const { dataId } of [patches, dyPart, product]) backend.disposeData(dataId);
  }
  for (const { dataId } of [planes, dyGrid]) backend.disposeData(dataId);
  return gradient;
}

/** One axis of the grid. Tap k meets input s·(o + a) + r, with r = (k − pad) mod s its phase and a its offset. */
interface GridAxis {
  /** Cells that a line (or an image) takes: its outputs, and zeros between it and the next. */
  readonly length: number;
  /** The cell of the first input of every phase. */
  readonly origin: number;
  /** The residues r that taps have, and how many inputs of each are ever seen. */
  readonly phases: readonly { residue: number; count: number }[];
  /** For every tap, the index of its phase and how far its input's cell is from the output's. */
  readonly taps: readonly { phase: number; shift: number }[];
  /** The largest shift. */
  readonly reach: number;
}

function gridAxis(axis: {
  input: number;
  output: number;
  kernel: number;
  stride: number;
  pad: number;
}): GridAxis {
  const { input, output, kernel, stride, pad } = axis;
  const offsets = Array.from({ length: kernel }, (_, k) => Math.floor((k - pad) / stride));
  const residues = offsets.map((offset, k) => k - pad - offset * stride);
  const [lowest, highest] = [offsets[0], offsets[kernel - 1]];
  const phases = [...new Set(residues)].map((residue) => ({
    residue,
    count: Math.max(0, Math.min(Math.ceil((input - residue) / stride), output + highest)),
  }));
  return {
    // A phase's zeros are shared: those that end one line begin the next.
    length: Math.max(output, output + highest, ...phases.map(({ count }) => count - lowest)),
    origin: -lowest,
    phases,
    taps: offsets.map((offset, k) => ({
      phase: phases.findIndex(({ residue }) => residue === residues[k]),
      shift: offset - lowest,
    })),
    reach: highest - lowest,
  };
}

/** Writes x [n, h, w, c] to planes [row phase, column phase, c, grid cell], which hold zeros. */
function layPlanes(
  planes: Float32Array,
  x: Float32Array,
  conv: backend_util.Conv2DInfo,
  rows: GridAxis,
  columns: GridAxis,
): void {
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = conv;
  const planeSize = planes.length / (rows.phases.length * columns.phases.length * inChannels);
  const step = strideWidth * inChannels;
  let plane = 0;
  for (const row of rows.phases) {
    for (const column of columns.phases) {
      for (let image = 0; image < batchSize; image++) {
        for (let i = 0; i < row.count; i++) {
          const line = image * inHeight + i * strideHeight + row.residue;
          const source = (line * inWidth + column.residue) * inChannels;
          const target = plane + (image * rows.length + rows.origin + i) * columns.length + columns.origin;
          for (let channel = 0; channel < inChannels; channel++) {
            const to = target + channel * planeSize;
            let from = source + channel;
            for (let j = 0; j < column.count; j++, from += step) planes[to + j] = x[from];
          }
        }
      }
      plane += inChannels * planeSize;
    }
  }
}

/** Writes dy [n, oh, ow, co] to the grid [cell, co], which holds zeros. */
function layDy(
  grid: Float32Array,
  dy: Float32Array,
  conv: backend_util.Conv2DInfo,
  rows: GridAxis,
  columns: GridAxis,
): void {
  const line = conv.outWidth * conv.outChannels;
  for (let image = 0, from = 0; image < conv.batchSize; image++) {
    for (let oh = 0; oh < conv.outHeight; oh++, from += line) {
      const cell = (image * rows.length + oh) * columns.length;
      grid.set(dy.subarray(from, from + line), cell * conv.outChannels);
    }
  }
}

function addTo(sum: Float32Array, term: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += term[i];
}
