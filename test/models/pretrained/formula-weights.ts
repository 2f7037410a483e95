/** Weights that a formula makes from a tensor's name: test/golden/torchvision-outputs.py has the same. */
import { sizeOf } from '../../../src/core/tensor.ts';
import { bytesOf } from '../../../src/onnx/element-type.ts';
import type { StoredTensor, WeightFile } from '../../../src/weights/weight-file.ts';

/** A tensor as a file would hold it, made when it is asked for. */
export function formulaWeight(name: string, shape: readonly number[]): StoredTensor {
  return { dtype: 'float32', shape, bytes: () => bytesOf(weight(name, shape)) };
}

function weight(name: string, shape: readonly number[]): Float32Array {
  if (name.endsWith('running_var')) return uniform(name, shape, 0.5, 1.5);
  if (name.endsWith('running_mean') || name.endsWith('bias')) return uniform(name, shape, -0.1, 0.1);
  // Batch norm's scale: small, so that sums of residuals do not grow.
  if (shape.length === 1) return uniform(name, shape, 0.4, 0.8);
  const bound = Math.sqrt(6 / sizeOf(shape.slice(1)));
  return uniform(name, shape, -bound, bound);
}

/** Element i: the hash of i and the name, in [low, high). */
export function uniform(name: string, shape: readonly number[], low: number, high: number): Float32Array {
  const seed = fnv1a(name);
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    values[i] = low + (high - low) * (((x ^ (x >>> 16)) >>> 0) / 2 ** 32);
  }
  return values;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A file of these tensors, in torch's order of axes, with the batch counters that torch keeps. */
export function formulaFile(shapes: ReadonlyMap<string, readonly number[]>): WeightFile {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, shape] of shapes) {
    tensors.set(name, formulaWeight(name, shape));
    if (!name.endsWith('.running_var')) continue;
    const counter = name.replace(/running_var$/, 'num_batches_tracked');
    tensors.set(counter, { dtype: 'int64', shape: [], bytes: () => new Uint8Array(8) });
  }
  return { format: 'pytorch', tensors, metadata: {} };
}
