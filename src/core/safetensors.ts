/**
 * Safetensors: an 8-byte little-endian header length, a JSON header, then the tensors' bytes end to end.
 * Format: https://github.com/huggingface/safetensors (README, "Format"). Files written here are byte for byte
 * those of the reference library: same tensor order, same header padding.
 */
import { quoted, reasonOf, UserError } from './errors.ts';
import { sizeOf, type Tensor } from './tensor.ts';

/** The format's names, in the reference library's writing order (widest type first), with their element sizes. */
const formats = [
  { code: 'F32', dtype: 'float32', bytes: 4, array: Float32Array },
  { code: 'I32', dtype: 'int32', bytes: 4, array: Int32Array },
  { code: 'U8', dtype: 'uint8', bytes: 1, array: Uint8Array },
] as const;

/** A header is names and shapes: a hundredth of this for the largest models. The reference implementation has 100 MB. */
const maxHeaderBytes = 25_000_000;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

/** A tensor as a file describes it. */
export interface SafetensorsEntry {
  readonly name: string;
  /** The format's name of its type: "F32", "BF16". */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major and little-endian: a view of the file. */
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a safetensors file. Tensors are ordered by type, then by name, so equal content gives equal bytes.
 *
 * @param metadata free strings kept in the header under `__metadata__`
 * @throws Error when a tensor is called `__metadata__`
 * @example encodeSafetensors({ kernel: tensor(new Float32Array(6), [2, 3]) }, { epoch: '7' });
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const rank = (value: Tensor) => formats.findIndex(({ dtype }) => dtype === value.dtype);
  const ordered = Object.entries(tensors).sort(
    ([leftName, left], [rightName, right]) => rank(left) - rank(right) || compareNames(leftName, rightName),
  );
  const header = new Map<string, unknown>();
  if (metadata) header.set('__metadata__', Object.fromEntries(Object.entries(metadata).sort()));
  let offset = 0;
  for (const [name, value] of ordered) {
    if (name === '__metadata__') throw new Error('a tensor may not be called __metadata__');
    const end = offset + value.data.byteLength;
    header.set(name, { dtype: formats[rank(value)].code, shape: value.shape, data_offsets: [offset, end] });
    offset = end;
  }
  // Not JSON.stringify of an object: it would move names that look like numbers to the front.
  const members = [...header].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** As their UTF-8 sorts, which is by code points: JavaScript's own order is another beyond U+FFFF. */
function compareNames(left: string, right: string): number {
  const [a, b] = [left, right].map((name) => Array.from(name, (character) => character.codePointAt(0)!));
  const at = a.findIndex((point, i) => point !== b[i]);
  return at < 0 ? a.length - b.length : a[at] - (b[at] ?? -1);
}

/**
 * The tensors and metadata of a safetensors file. Tensors are views of `bytes` where alignment allows, copies elsewhere.
 *
 * @param source what to call the file in error messages
 * @throws UserError as `readSafetensors` does, and for a type other than F32, I32 or U8
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  source: string,
): { tensors: Record<string, Tensor>; metadata: Record<string, string> } {
  const { entries, metadata } = readSafetensors(bytes, source);
  const tensors = entries.map((entry) => [entry.name, readTensor(entry, source)] as const);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * What a safetensors file holds, of whatever types, in the header's order. The header is checked whole before
 * anything is made of it: nothing is allocated on its word alone.
 *
 * @param source what to call the file in error messages
 * @throws UserError when the header is damaged or names a tensor twice, or offsets leave the file, overlap or leave gaps
 */
export function readSafetensors(
  bytes: Uint8Array,
  source: string,
): { entries: SafetensorsEntry[]; metadata: Record<string, string> } {
  const { json, dataStart } = readHeader(bytes, source);
  const { __metadata__: metadata = {}, ...described } = json;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw damaged(source, '__metadata__ that is not an object of strings');
  }
  const entries = Object.entries(described).map(([name, entry]) => readEntry(name, entry, source));
  checkCoverage(entries, bytes.length - dataStart, source);
  return {
    entries: entries.map(({ name, dtype, shape, begin, end }) => ({
      ...{ name, dtype, shape, bytes: bytes.subarray(dataStart + begin, dataStart + end) },
    })),
    metadata: metadata as Record<string, string>,
  };
}

function damaged(source: string, received: string): UserError {
  return new UserError(`${source} is not a valid safetensors file`, {
    received,
    remedy: 'fetch or write the file again',
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readHeader(bytes: Uint8Array, source: string) {
  if (bytes.length < 8) throw damaged(source, `${bytes.length} bytes, fewer than the 8 of the header length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(maxHeaderBytes, bytes.length - 8))) {
    throw damaged(source, `a header of ${length} bytes in a file of ${bytes.length}`);
  }
  const dataStart = 8 + Number(length);
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart));
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(source, `a header that is not JSON (${reasonOf(error)})`);
  }
  if (!isRecord(json)) throw damaged(source, 'a header that is not a JSON object');
  const repeated = repeatedKey(text);
  if (repeated !== null) throw damaged(source, `two tensors called ${quoted(repeated)}`);
  return { json, dataStart };
}

/** A key that a JSON object has twice, of which JSON.parse would drop the first. @param text JSON that is right */
function repeatedKey(text: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && /^\s*:/.test(text.slice(index + token.length, index + token.length + 64))) {
      const key = JSON.parse(token) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

function readEntry(name: string, entry: unknown, source: string): Entry {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isRecord(entry)) throw damaged(source, `no description of tensor ${quoted(name)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(source, `tensor ${quoted(name)} without a type and a shape of whole numbers`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw damaged(source, `tensor ${quoted(name)} whose data_offsets are not a begin and an end`);
  }
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

/** The tensors must tile the data exactly: a file where they overlap or leave gaps can hide content. */
function checkCoverage(entries: readonly Entry[], dataBytes: number, source: string): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      throw damaged(source, `tensor ${quoted(name)} at byte ${begin} where ${covered} was due`);
    }
    covered = end;
  }
  if (covered !== dataBytes)
    throw damaged(source, `${dataBytes} bytes of data where the header describes ${covered}`);
}

function readTensor({ name, dtype: code, shape, bytes }: SafetensorsEntry, source: string): Tensor {
  const format = formats.find((candidate) => candidate.code === code);
  if (!format) {
    throw new UserError(`${source} holds tensor ${quoted(name)} of a type that Actionnx does not read`, {
      received: code,
      remedy: `store it as ${formats.map((known) => known.code).join(', ')}`,
    });
  }
  const { array: TypedArray, bytes: width, dtype } = format;
  if (sizeOf(shape) * width !== bytes.length) {
    throw damaged(source, `tensor ${quoted(name)} of shape [${shape}] in ${bytes.length} bytes of ${code}`);
  }
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const data = new TypedArray(aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.length / width);
  return { dtype, shape, data };
}
