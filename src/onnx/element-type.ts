/** TensorProto.DataType: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */

/**
 * Elements as they are stored: float16 and bfloat16 as their 16 bits, eight-bit floats and bools as bytes, complex
 * numbers as pairs, types of less than eight bits packed into bytes.
 */
export type ElementArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** How elements of a type are stored. */
interface Storage {
  /** Its number in the file format. */
  readonly code: number;
  /** Of one element; below 8, elements share bytes, the first in the lowest bits. */
  readonly bits: number;
  readonly array: {
    new (length: number): ElementArray;
    new (buffer: ArrayBuffer, byteOffset: number, length: number): ElementArray;
    readonly BYTES_PER_ELEMENT: number;
  };
  /** TensorProto's field for elements that are not raw bytes. */
  readonly field: 4 | 5 | 6 | 7 | 10 | 11;
}

const types = {
  float32: { code: 1, bits: 32, array: Float32Array, field: 4 },
  uint8: { code: 2, bits: 8, array: Uint8Array, field: 5 },
  int8: { code: 3, bits: 8, array: Int8Array, field: 5 },
  uint16: { code: 4, bits: 16, array: Uint16Array, field: 5 },
  int16: { code: 5, bits: 16, array: Int16Array, field: 5 },
  int32: { code: 6, bits: 32, array: Int32Array, field: 5 },
  int64: { code: 7, bits: 64, array: BigInt64Array, field: 7 },
  string: { code: 8, bits: 0, array: Uint8Array, field: 6 },
  bool: { code: 9, bits: 8, array: Uint8Array, field: 5 },
  float16: { code: 10, bits: 16, array: Uint16Array, field: 5 },
  float64: { code: 11, bits: 64, array: Float64Array, field: 10 },
  uint32: { code: 12, bits: 32, array: Uint32Array, field: 11 },
  uint64: { code: 13, bits: 64, array: BigUint64Array, field: 11 },
  complex64: { code: 14, bits: 64, array: Float32Array, field: 4 },
  complex128: { code: 15, bits: 128, array: Float64Array, field: 10 },
  bfloat16: { code: 16, bits: 16, array: Uint16Array, field: 5 },
  float8e4m3fn: { code: 17, bits: 8, array: Uint8Array, field: 5 },
  float8e4m3fnuz: { code: 18, bits: 8, array: Uint8Array, field: 5 },
  float8e5m2: { code: 19, bits: 8, array: Uint8Array, field: 5 },
  float8e5m2fnuz: { code: 20, bits: 8, array: Uint8Array, field: 5 },
  uint4: { code: 21, bits: 4, array: Uint8Array, field: 5 },
  int4: { code: 22, bits: 4, array: Uint8Array, field: 5 },
  float4e2m1: { code: 23, bits: 4, array: Uint8Array, field: 5 },
  float8e8m0: { code: 24, bits: 8, array: Uint8Array, field: 5 },
  uint2: { code: 25, bits: 2, array: Uint8Array, field: 5 },
  int2: { code: 26, bits: 2, array: Uint8Array, field: 5 },
} as const satisfies Record<string, Storage>;

/** The types of a tensor's elements that an ONNX file can speak of. */
export type ElementType = keyof typeof types;

const byCode = new Map(
  Object.entries(types).map(([dtype, { code }]) => [code as number, dtype as ElementType]),
);

/** How elements of a type are stored. */
export function storageOf(dtype: ElementType): Storage {
  return types[dtype];
}

/** The type with a number in the file format; undefined for numbers that no type of this list has. */
export function elementTypeOf(code: number): ElementType | undefined {
  return byCode.get(code);
}

/** The bytes that `size` elements take as raw data. */
export function storedBytes(dtype: ElementType, size: number): number {
  return Math.ceil((size * types[dtype].bits) / 8);
}

/** Raw bytes as elements: a view where alignment allows, a copy elsewhere. Little-endian, as every machine that runs JavaScript is. */
export function elementsOf(dtype: ElementType, bytes: Uint8Array): ElementArray {
  const { array: Elements }: Storage = types[dtype];
  const width = Elements.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new Elements(buffer as ArrayBuffer, byteOffset, byteLength / width);
}

/** Elements as raw bytes: a view. */
export function bytesOf(elements: ElementArray): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}
