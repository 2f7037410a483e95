import { VerificationError } from '../../exporters/onnx/verify.ts';
import { type BackendRequest, selectBackend } from '../../models/train/backend.ts';
import { reasonOf } from '../../src/core/errors.ts';

/**
 * Runs an export whose graph is compared with tfjs. Where the backend that `auto` chose lacks a kernel, or disagrees with
 * the graph, it is run again with tfjs's plain JavaScript, which has all kernels and is the reference: tfjs's wasm, for
 * one, pools windows of negative numbers to zero in three dimensions. That is told on stderr.
 *
 * @param work is told the backend's name
 * @throws whatever `work` throws on the backend that was asked for, or at last
 */
export async function onTrustedBackend(
  request: BackendRequest,
  work: (backend: string) => Promise<void>,
): Promise<void> {
  const { name } = await selectBackend(request);
  try {
    await work(name);
  } catch (error) {
    const reason = request === 'auto' && name !== 'cpu' ? backendFault(error) : null;
    if (reason === null) throw error;
    process.stderr.write(
      `tfjs's ${name} backend ${reason}: trying again with its cpu backend, which is slower\n`,
    );
    await selectBackend('cpu');
    await work('cpu');
  }
}

function backendFault(error: unknown): string | null {
  if (error instanceof VerificationError) return 'disagrees with the graph';
  const missing = /Kernel '(\w+)' not registered/.exec(reasonOf(error))?.[1];
  if (missing) return `has no ${missing}`;
  return /memory access out of bounds|too large for this tfjs backend/.test(reasonOf(error))
    ? 'has not the memory'
    : null;
}
