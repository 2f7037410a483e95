import { gather, isRowMajor, type StridedLayout } from '../core/strided.ts';
import { sizeOf } from '../core/tensor.ts';
import { type ElementType, storageOf } from '../onnx/element-type.ts';
import type { StoredTensor } from './weight-file.ts';

/** Types whose elements fill whole bytes, by width; elements are moved, not looked at. */
const arrays = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** The bytes that an element takes; null for types whose elements are no 1, 2, 4 or 8 bytes. */
export function elementWidth(dtype: ElementType): keyof typeof arrays | null {
  const bytes = storageOf(dtype).bits / 8;
  return bytes in arrays ? (bytes as keyof typeof arrays) : null;
}

/** How many elements of a buffer a layout reaches into: none for an empty tensor. */
export function reach({ shape, strides, offset }: StridedLayout): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, extent, axis) => last + (extent - 1) * strides[axis], offset) + 1;
}

/**
 * A tensor that lies in a buffer by strides, as torch's and numpy's do. The layout must stay within the buffer.
 * @param buffer its bytes, when they are asked for
 */
export function stridedTensor(
  dtype: ElementType,
  layout: StridedLayout,
  buffer: () => Uint8Array,
): StoredTensor {
  const { shape, offset } = layout;
  const width = elementWidth(dtype) ?? 1;
  const size = sizeOf(shape);
  return {
    dtype,
    shape,
    storage: buffer,
    bytes() {
      const whole = buffer();
      if (isRowMajor(layout)) return whole.subarray(offset * width, (offset + size) * width);
      const part = whole.subarray(offset * width, reach(layout) * width);
      const aligned = part.byteOffset % width === 0 ? part : new Uint8Array(part);
      const Words = arrays[width];
      const words = new Words(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / width);
      return new Uint8Array(gather(words, new Words(size) as typeof words, { ...layout, offset: 0 }).buffer);
    },
  };
}
