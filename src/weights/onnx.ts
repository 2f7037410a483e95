import { bytesOf } from '../onnx/element-type.ts';
import { parseModel } from '../onnx/parse.ts';
import type { ReadExternal } from '../onnx/parse-tensor.ts';
import type { StoredTensor, WeightFile } from './weight-file.ts';

/** Every ONNX model begins so: field 1, the version of the format, which is a small number. */
export function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] < 0x80;
}

/**
 * The initializers of an ONNX model's main graph, except strings.
 * @throws UserError when it is damaged, or its tensors lie in other files and `readExternal` is missing
 */
export function decodeOnnxWeights(
  bytes: Uint8Array,
  source: string,
  readExternal?: ReadExternal,
): WeightFile {
  const { graph, metadata } = parseModel(bytes, source, readExternal);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, data } of graph.initializers.values()) {
    if (dtype !== 'string') tensors.set(name, { dtype, shape, bytes: () => bytesOf(data()) });
  }
  return { format: 'onnx', tensors, metadata: Object.fromEntries(metadata) };
}
