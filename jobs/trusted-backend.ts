import { VerificationError } from '../exporters/onnx/verify.ts';
import { type BackendName, type BackendRequest, selectBackend } from '../models/train/backend.ts';
import { reasonOf } from '../src/core/errors.ts';
import type { Listener } from './listener.ts';

/**
 * Runs an export whose graph is compared with tfjs. Where the backend that `auto` chose lacks a kernel, or disagrees with
 * the graph, it is run again with tfjs's plain JavaScript, which has all kernels and is the reference: tfjs's wasm, for
 * one, pools windows of negative numbers to zero in three dimensions. That is told.
 *
 * @param work is told the backend's name, and whether it is the last that is tried
 * @throws whatever `work` throws on the backend that was asked for, or at last
 */
export async function onTrustedBackend<Result>(
  request: BackendRequest,
  { onNotice }: Listener,
  work: (backend: BackendName, isLast: boolean) => Promise<Result>,
): Promise<Result> {
  const { name } = await selectBackend(request);
  const isLast = request !== 'auto' || name === 'cpu';
  try {
    return await work(name, isLast);
  } catch (error) {
    const reason = isLast ? null : backendFault(error);
    if (reason === null) throw error;
    onNotice?.(`tfjs's ${name} backend ${reason}: trying again with its cpu backend, which is slower`);
    await selectBackend('cpu');
    return await work('cpu', true);
  }
}

function backendFault(error: unknown): string | null {
  if (error instanceof VerificationError) return 'disagrees with the graph';
  const missing = /Kernel '(\w+)' not registered/.exec(reasonOf(error))?.[1];
  if (missing) return `has no ${missing}`;
  // Such as products of whole numbers.
  if (/not yet supported/.test(reasonOf(error))) return 'does not compute all of the model';
  return /memory access out of bounds|too large for this tfjs backend/.test(reasonOf(error))
    ? 'has not the memory'
    : null;
}
