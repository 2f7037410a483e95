import { UserError } from '../core/errors.ts';
import { fromFloat16 } from '../core/float16.ts';
import { type ElementArray, type ElementType, elementsOf } from '../onnx/element-type.ts';
import type { StoredTensor } from './weight-file.ts';

/** How the elements of a type become numbers, where they are not numbers as they are. */
const converted: Partial<Record<ElementType, (stored: ElementArray) => Float32Array>> = {
  float16: (stored) => fromFloat16(stored as Uint16Array),
  bfloat16: (stored) =>
    new Float32Array(Uint32Array.from(stored as Uint16Array, (bits) => bits << 16).buffer),
  int64: (stored) => Float32Array.from(stored as BigInt64Array, Number),
  uint64: (stored) => Float32Array.from(stored as BigUint64Array, Number),
};

const numbers: ReadonlySet<ElementType> = new Set<ElementType>([
  ...(['float64', 'int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32', 'bool'] as const),
]);

/**
 * A tensor's elements as float32 in row-major order: a view of the file where it stores just these, otherwise
 * converted and rounded to nearest.
 *
 * @param name what to call the tensor in error messages
 * @throws UserError for types that are not real numbers of 8 bits or more: complex ones, strings, 8-bit floats
 */
export function float32Of({ dtype, bytes }: StoredTensor, name: string): Float32Array {
  const convert = converted[dtype];
  if (dtype === 'float32') return elementsOf(dtype, bytes()) as Float32Array;
  if (convert) return convert(elementsOf(dtype, bytes()));
  if (numbers.has(dtype)) return Float32Array.from(elementsOf(dtype, bytes()) as ArrayLike<number>);
  throw new UserError(`${name} must hold real numbers`, {
    received: dtype,
    remedy: 'store it as float32',
  });
}
