import { UserError } from '../core/errors.ts';
import type { ReadExternal } from '../onnx/parse-tensor.ts';
import { decodeNpy, isNpy } from './npy.ts';
import { decodeNpz } from './npz.ts';
import { decodeOnnxWeights, isOnnx } from './onnx.ts';
import { decodeSafetensorsWeights } from './safetensors.ts';
import { decodeTorchLegacy, isLegacyTorch } from './torch-legacy.ts';
import { decodeTorchZip, findTorchPickle } from './torch-zip.ts';
import type { WeightFile } from './weight-file.ts';
import { readZip } from './zip.ts';

/**
 * The tensors of a file of weights, whatever its name: safetensors, PyTorch's `.pth` in both of its formats, numpy's
 * `.npz` and `.npy` (whose array is called "array"), or the initializers of an ONNX model. Tensors are read when asked
 * for, and keep `bytes` in memory.
 *
 * @param source what to call the file in error messages
 * @param readExternal for ONNX models whose tensors lie in other files
 * @throws UserError when it is of another format, damaged, or holds what is no tensor
 * @example decodeWeights(await readFile('resnet18.pth'), 'resnet18.pth').tensors.get('conv1.weight')?.shape;
 */
export function decodeWeights(bytes: Uint8Array, source: string, readExternal?: ReadExternal): WeightFile {
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return decodeZipped(bytes, source);
  if (isLegacyTorch(bytes)) return decodeTorchLegacy(bytes, source);
  if (isNpy(bytes)) {
    return { format: 'npy', tensors: new Map([['array', decodeNpy(bytes, source)]]), metadata: {} };
  }
  // An ONNX model can have that byte by chance, but not a length that any file has.
  const isJson = bytes[8] === 0x7b;
  if (isJson && bytes[6] === 0 && bytes[7] === 0) return decodeSafetensorsWeights(bytes, source);
  if (isOnnx(bytes)) return decodeOnnxWeights(bytes, source, readExternal);
  if (isJson) return decodeSafetensorsWeights(bytes, source);
  throw unknown(source, 'a file of another format');
}

function decodeZipped(bytes: Uint8Array, source: string): WeightFile {
  const entries = readZip(bytes, source);
  if (findTorchPickle(entries) !== undefined) return decodeTorchZip(entries, bytes.length, source);
  if ([...entries.keys()].some((name) => name.endsWith('.npy'))) return decodeNpz(entries, source);
  throw unknown(source, 'a zip file without a data.pkl or an .npy');
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function unknown(source: string, received: string): UserError {
  return new UserError(`${source} must hold weights`, {
    received,
    remedy: 'give safetensors, a .pth or .pt of a state dict, .npz, .npy or an ONNX model',
  });
}
