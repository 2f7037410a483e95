import { quoted, UserError } from '../../src/core/errors.ts';
import { fromFloat16 } from '../../src/core/float16.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { elementsOf } from '../../src/onnx/element-type.ts';

/** A tensor that is known before the graph runs, in tfjs's order. Made when it is asked for: weights take no memory. */
export interface Constant {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** May be the file's own memory: not to be changed. */
  data(): Float32Array | Int32Array | Uint8Array;
}

/** How a weight was made smaller: value = stored · scale + min, or a 16-bit float. */
interface Quantization {
  readonly dtype: 'uint8' | 'uint16' | 'float16';
  readonly scale: number;
  readonly min: number;
}

const widths = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

/**
 * The weights of a `weightsManifest` by name, over the bytes of the files that it lists, end to end.
 *
 * @throws UserError when an entry is not understood, or entries and files are not of one size
 */
export function readConstants(
  manifest: unknown,
  shards: readonly Uint8Array<ArrayBuffer>[],
  source: string,
): Map<string, Constant> {
  const bytes = new ShardedBytes(shards);
  const constants = new Map<string, Constant>();
  let offset = 0;
  for (const entry of entriesOf(manifest, source)) {
    const { name, shape, dtype, stored, quantization } = parseEntry(entry, source);
    const start = offset;
    offset += sizeOf(shape) * widths[stored];
    if (offset > bytes.length) break;
    const end = offset;
    const data = () => elementsOf(stored === 'bool' ? 'uint8' : stored, bytes.slice(start, end));
    constants.set(name, {
      ...{ dtype, shape },
      data: () => dequantize(data() as StoredArray, dtype, stored, quantization),
    });
  }
  if (offset !== bytes.length) {
    throw new UserError(`the weights of ${source} must fill its weight files exactly`, {
      received: `${bytes.length} bytes${offset > bytes.length ? ', too few' : ` for ${offset}`}`,
      remedy: 'fetch the files again, or convert the model again',
    });
  }
  return constants;
}

function entriesOf(manifest: unknown, source: string): unknown[] {
  const groups = Array.isArray(manifest) ? manifest : [null];
  if (!groups.every((group) => Array.isArray(group?.weights))) {
    throw new UserError(`${source} must have a weightsManifest: groups of weights and paths`, {
      remedy: 'convert the model again',
    });
  }
  return groups.flatMap(({ weights }) => weights);
}

type StoredArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

interface Entry {
  readonly name: string;
  readonly shape: number[];
  readonly dtype: Constant['dtype'];
  readonly stored: keyof typeof widths;
  readonly quantization: Quantization | undefined;
}

function parseEntry(entry: unknown, source: string): Entry {
  const { name, shape, dtype, quantization } = Object(entry);
  const isShape =
    Array.isArray(shape) &&
    shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) &&
    sizeOf(shape) < 2 ** 40;
  if (typeof name !== 'string' || !isShape) {
    throw new UserError(`weights of ${source} must have a name and a shape`, {
      received: quoted(JSON.stringify(entry) ?? 'nothing'),
      remedy: 'convert the model again',
    });
  }
  const { dtype: stored = dtype, scale = 1, min = 0 } = Object(quantization);
  const isPlain = quantization === undefined && ['float32', 'int32', 'bool', 'uint8'].includes(stored);
  const isQuantized =
    ['float32', 'int32'].includes(dtype) &&
    ['uint8', 'uint16', 'float16'].includes(stored) &&
    Number.isFinite(scale) &&
    Number.isFinite(min);
  if (!isPlain && !isQuantized) {
    throw new UserError(`the weight ${quoted(name)} of ${source} must be float32, int32, bool or uint8`, {
      received: `${quoted(String(dtype))}${quantization ? ` stored as ${quoted(JSON.stringify(quantization))}` : ''}`,
      remedy: 'convert the model again, quantised to uint8, uint16 or float16 if at all',
    });
  }
  // tfjs has no bytes of its own.
  return {
    ...{ name, shape, stored, dtype: dtype === 'uint8' ? 'int32' : dtype },
    quantization: quantization && { dtype: stored, scale, min },
  };
}

/** As tfjs does it: https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/io_utils.ts */
function dequantize(
  data: StoredArray,
  dtype: Constant['dtype'],
  stored: Entry['stored'],
  quantization: Quantization | undefined,
): Float32Array | Int32Array | Uint8Array {
  if (!quantization) return stored === 'uint8' ? Int32Array.from(data) : (data as Float32Array);
  if (stored === 'float16') return fromFloat16(data as Uint16Array);
  const { scale, min } = quantization;
  if (dtype === 'float32') return Float32Array.from(data, (value) => value * scale + min);
  return Int32Array.from(data, (value) => Math.round(value * scale + min));
}

/** Files read as if they were one. */
class ShardedBytes {
  readonly length: number;
  readonly #shards: readonly { start: number; bytes: Uint8Array<ArrayBuffer> }[];

  constructor(shards: readonly Uint8Array<ArrayBuffer>[]) {
    let length = 0;
    this.#shards = shards.map((bytes) => {
      const start = length;
      length += bytes.length;
      return { start, bytes };
    });
    this.length = length;
  }

  /** A view where the range lies in one file, a copy elsewhere. */
  slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    const parts = this.#shards
      .filter((shard) => shard.start < end && shard.start + shard.bytes.length > start)
      .map((shard) => ({
        at: Math.max(shard.start - start, 0),
        bytes: shard.bytes.subarray(Math.max(start - shard.start, 0), end - shard.start),
      }));
    if (parts.length === 1) return parts[0].bytes;
    const whole = new Uint8Array(end - start);
    for (const { at, bytes } of parts) whole.set(bytes, at);
    return whole;
  }
}
