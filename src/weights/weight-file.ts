import type { ElementType } from '../onnx/element-type.ts';

/** A tensor as a file stores it. Its elements are read when asked for. */
export interface StoredTensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /**
   * The elements in row-major order, little-endian: a view of the file where they lie there so, a copy elsewhere.
   * @throws UserError where a checksum shows that they are damaged
   */
  bytes(): Uint8Array;
  /**
   * What it is a view of, which other tensors may view too: read in its stead, it shows damage, and copies nothing.
   * @throws UserError as `bytes` does
   */
  storage?(): Uint8Array;
}

export type WeightFormat = 'safetensors' | 'pytorch' | 'pytorch-legacy' | 'npz' | 'npy' | 'onnx';

/** Named tensors from a file of any format, in the file's order. */
export interface WeightFile {
  readonly format: WeightFormat;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Free strings that the file carries. */
  readonly metadata: Readonly<Record<string, string>>;
}
