import type { InferenceSession, Runtime, SessionOptions } from '../../src/runtime/session.ts';
import type { OnnxModel } from './onnx-model.ts';

/** A session of a model that is not written yet. @throws UserError as `Runtime.open` */
export function openModel(
  onnx: OnnxModel,
  runtime: Runtime,
  options?: SessionOptions,
): Promise<InferenceSession> {
  const { external } = onnx;
  if (!external) return runtime.open(onnx.bytes(), options);
  const externalData = { path: external.name, data: external.bytes() };
  return runtime.open(onnx.bytes(), { ...options, externalData });
}
