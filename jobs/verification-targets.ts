import type { OnnxModel } from '../exporters/onnx/onnx-model.ts';
import type { VerificationTarget } from '../exporters/onnx/verify.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { webRuntime } from '../src/runtime/web.ts';
import type { Listener } from './listener.ts';

/** WebAssembly has 4 GiB in all, and onnxruntime-web needs a model twice while it loads. */
const largestInWasm = 2 ** 31;

/** Where an export is tried before it is put in place: in both runtimes, or, as is told, in the one that can hold it. */
export function verificationTargets(
  { byteLength, external }: OnnxModel,
  { onNotice }: Listener,
): VerificationTarget[] {
  const node: VerificationTarget = { runtime: nodeRuntime, provider: 'cpu' };
  if (byteLength + (external?.byteLength ?? 0) <= largestInWasm) {
    return [node, { runtime: webRuntime(), provider: 'wasm' }];
  }
  onNotice?.("onnxruntime-web's wasm cannot hold a model above 2 GiB: verified in onnxruntime-node alone");
  return [node];
}
