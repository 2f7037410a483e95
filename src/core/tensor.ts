/** A dense row-major tensor outside any framework: what goes into a session, comes out of it, and is stored. */
export interface Tensor {
  /** A bool is a byte, 0 or 1. */
  readonly dtype: 'float32' | 'uint8' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array | Int32Array;
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** @throws Error when the data's length is not the shape's product */
export function tensor(data: Tensor['data'], shape: readonly number[]): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new Error(`a tensor of shape [${shape}] needs ${sizeOf(shape)} elements, has ${data.length}`);
  }
  const dtype = data instanceof Float32Array ? 'float32' : data instanceof Uint8Array ? 'uint8' : 'int32';
  return { dtype, shape, data };
}
