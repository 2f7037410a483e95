/** Files of weights that PyTorch, numpy, ONNX and safetensors wrote: test/golden/weight-files.py. */
import { readFileSync } from 'node:fs';
import { float32Of } from '../../src/weights/float32.ts';
import type { StoredTensor } from '../../src/weights/weight-file.ts';

const golden = JSON.parse(readFileSync(new URL('../golden/weight-files.json', import.meta.url), 'utf8'));

export function goldenFile(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(golden.files[name], 'base64'));
}

export interface Known {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What a file holds, as its own library reads it: values rounded to float32. */
export function goldenTensors(group: string): Record<string, Known> {
  return Object.fromEntries(
    Object.entries(golden.tensors[group] as Record<string, Known>).map(([name, { dtype, shape, values }]) => [
      name,
      { dtype, shape, values: values.map((text) => Number(String(text).replace('inf', 'Infinity'))) },
    ]),
  );
}

/** A file's tensors in the same form. */
export function readAll(tensors: ReadonlyMap<string, StoredTensor>): Record<string, Known> {
  return Object.fromEntries(
    [...tensors].map(([name, stored]) => [
      name,
      { dtype: stored.dtype, shape: [...stored.shape], values: [...float32Of(stored, name)] },
    ]),
  );
}
