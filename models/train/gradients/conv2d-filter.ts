import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';
import { type KernelCall, runKernel, type WasmBackend, type WindowAttributes } from './wasm-kernel.ts';

/** Floats in one patch matrix: small enough to stay in cache, and a bound on the extra memory (4 MiB). */
const patchLimit = 2 ** 20;

/**
 * dW of a 2-D convolution, NHWC: `dW[kh, kw, ci, co] = Σ x[n, oh·s + kh − p, ow·s + kw − p, ci] · dy[n, oh, ow, co]`,
 * as one matrix product a group of images: patches of x, laid out [kh·kw·ci, n·oh·ow], times dy as [n·oh·ow, co].
 */
export function conv2dFilterGradient(
  call: KernelCall<WindowAttributes & { filterShape: [number, number, number, number] }>,
): TensorInfo {
  const { inputs, attrs, backend } = call;
  const { filterShape, strides, pad, dimRoundingMode } = attrs;
  const x = inputs.x!;
  const dy = inputs.dy!;
  const shape = x.shape as [number, number, number, number];
  const conv = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);

  const taps = conv.filterHeight * conv.filterWidth * conv.inChannels;
  const positions = conv.outHeight * conv.outWidth;
  const group = Math.min(conv.batchSize, Math.max(1, Math.floor(patchLimit / (taps * positions))));
  const planes = runKernel('Transpose', { x }, { perm: [3, 0, 1, 2] }, backend);
  let total: TensorInfo | undefined;
  for (let first = 0; first < conv.batchSize; first += group) {
    const images = Math.min(group, conv.batchSize - first);
    const rows = images * positions;
    const patches = backend.makeOutput([1, taps, rows], 'float32');
    const part = backend.makeOutput([1, rows, conv.outChannels], 'float32');
    const dyHeap = backend.typedArrayFromHeap(dy);
    const start = first * positions * conv.outChannels;
    backend.typedArrayFromHeap(part).set(dyHeap.subarray(start, start + rows * conv.outChannels));
    fillPatches(backend.typedArrayFromHeap(patches), backend.typedArrayFromHeap(planes), conv, first, images);
    const product = runKernel(
      'BatchMatMul',
      { a: patches, b: part },
      { transposeA: false, transposeB: false },
      backend,
    );
    backend.disposeData(patches.dataId);
    backend.disposeData(part.dataId);
    if (total) {
      addTo(total, product, backend);
      backend.disposeData(product.dataId);
    } else total = product;
  }
  backend.disposeData(planes.dataId);
  return { ...total!, shape: filterShape };
}

/** Writes [kh, kw, ci, image, oh, ow] from planes [ci, n, h, w]; positions in the padding become 0. */
function fillPatches(
  patches: Float32Array,
  planes: Float32Array,
  conv: backend_util.Conv2DInfo,
  first: number,
  images: number,
): void {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo } = conv;
  let to = 0;
  for (let kh = 0; kh < conv.filterHeight; kh++) {
    for (let kw = 0; kw < conv.filterWidth; kw++) {
      const left = kw - padInfo.left;
      // The columns ow for which ow·stride + left lies inside the picture.
      const begin = Math.min(outWidth, Math.max(0, Math.ceil(-left / strideWidth)));
      const end = Math.max(begin, Math.min(outWidth, Math.floor((inWidth - 1 - left) / strideWidth) + 1));
      for (let channel = 0; channel < conv.inChannels; channel++) {
        for (let image = first; image < first + images; image++) {
          const plane = (channel * conv.batchSize + image) * inHeight;
          for (let oh = 0; oh < outHeight; oh++, to += outWidth) {
            const row = oh * strideHeight + kh - padInfo.top;
            if (row < 0 || row >= inHeight) {
              for (let ow = 0; ow < outWidth; ow++) patches[to + ow] = 0;
              continue;
            }
            let from = (plane + row) * inWidth + begin * strideWidth + left;
            for (let ow = 0; ow < begin; ow++) patches[to + ow] = 0;
            for (let ow = begin; ow < end; ow++, from += strideWidth) patches[to + ow] = planes[from];
            for (let ow = end; ow < outWidth; ow++) patches[to + ow] = 0;
          }
        }
      }
    }
  }
}

function addTo(total: TensorInfo, term: TensorInfo, backend: WasmBackend): void {
  const sum = backend.typedArrayFromHeap(total);
  const addend = backend.typedArrayFromHeap(term);
  for (let i = 0; i < sum.length; i++) sum[i] += addend[i];
}
