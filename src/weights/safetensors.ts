import { quoted, UserError } from '../core/errors.ts';
import { readSafetensors } from '../core/safetensors.ts';
import { sizeOf } from '../core/tensor.ts';
import { type ElementType, storedBytes } from '../onnx/element-type.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';

/** The format's names: https://github.com/huggingface/safetensors (README, "Format"). */
const types: Readonly<Record<string, ElementType>> = {
  ...{ F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' },
  ...{ F8_E4M3: 'float8e4m3fn', F8_E5M2: 'float8e5m2' },
  ...{ I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8' },
  ...{ U64: 'uint64', U32: 'uint32', U16: 'uint16', U8: 'uint8', BOOL: 'bool' },
};

/**
 * The tensors of a safetensors file, as views of `bytes`.
 * @throws UserError when the file is damaged, or holds a type that this reader does not know
 */
export function decodeSafetensorsWeights(bytes: Uint8Array, source: string): WeightFile {
  const { entries, metadata } = readSafetensors(bytes, source);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype: code, shape, bytes: content } of entries) {
    const dtype = Object.hasOwn(types, code) ? types[code] : undefined;
    if (!dtype) {
      throw new UserError(`${source} holds tensor ${quoted(name)} of a type that Actionnx does not read`, {
        received: quoted(code),
        remedy: `store it as one of ${Object.keys(types).join(', ')}`,
      });
    }
    if (storedBytes(dtype, sizeOf(shape)) !== content.length) {
      throw new UserError(`${source} is not a valid safetensors file`, {
        received: `tensor ${quoted(name)} whose ${content.length} bytes of ${code} are not its shape's`,
        remedy: 'fetch or write the file again',
      });
    }
    tensors.set(name, { dtype, shape, bytes: () => content });
  }
  return { format: 'safetensors', tensors, metadata };
}
