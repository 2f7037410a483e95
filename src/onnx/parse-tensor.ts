import { quoted, UserError } from '../core/errors.ts';
import { sizeOf } from '../core/tensor.ts';
import {
  type ElementArray,
  type ElementType,
  elementsOf,
  elementTypeOf,
  storageOf,
  storedBytes,
} from './element-type.ts';
import type { Initializer } from './graph.ts';
import { Fields } from './proto-reader.ts';

/**
 * Reads from a file beside the model.
 *
 * @param location a relative path without `..`, with slashes
 * @param length of the piece in bytes; it may lie anywhere in the file, or leave it: then the reader throws
 */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/** Where the file is from, and how to reach what it keeps outside. */
export interface ParseContext {
  readonly source: string;
  readonly readExternal?: ReadExternal;
  /** What tensors claim of each file beside the model: bytes in all, and up to which one. */
  readonly claims: Map<string, { bytes: number; end: number }>;
}

/** Where a tensor's elements are, if not in the model's file. */
interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/** More than any runtime takes. */
const maxRank = 64;

/** TensorProto.DataLocation. */
const externalLocation = 1;

/**
 * A TensorProto. Its elements stay where they are until `data` is called: a view of the file where they are raw and
 * aligned. Whether they are as many as the shape says is checked here.
 */
export function parseTensor(fields: Fields, context: ParseContext): Initializer {
  const { encoded: bytes } = fields;
  const shape: number[] = [];
  const external = new Map<string, string>();
  const typed = new Set<number>();
  let [name, code, location, count] = ['', 0, 0, 0];
  let raw: Uint8Array | undefined;
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        for (const extent of fields.integers()) {
          if (shape.length === maxRank) throw fields.damaged(`a tensor of more than ${maxRank} axes`);
          shape.push(checkedExtent(extent, fields));
        }
        break;
      case 2:
        code = fields.small();
        break;
      case 4:
        [count] = [count + fields.count(4), typed.add(4)];
        break;
      case 5:
      case 7:
      case 11:
        [count] = [count + fields.count('varint'), typed.add(fields.number)];
        break;
      case 10:
        [count] = [count + fields.count(8), typed.add(10)];
        break;
      case 6:
        [count] = [count + 1, typed.add(6)];
        fields.keep();
        break;
      case 8:
        name = fields.string();
        break;
      case 9:
        raw = fields.bytes();
        break;
      case 13: {
        const [key, value] = parseEntry(fields.message());
        external.set(key, value);
        break;
      }
      case 14:
        location = fields.small();
        break;
      default:
        fields.keep();
    }
  }
  const dtype = elementTypeOf(code);
  if (!dtype) {
    throw new UserError(`${context.source} holds tensor ${quoted(name)} of a type that is not read`, {
      received: `element type ${code}`,
      remedy: 'store it as another',
    });
  }
  const size = checkedSize(shape, name, fields);
  const head = {
    name,
    dtype,
    shape,
    learnt: dtype.includes('float'),
    ...(fields.kept() && { extra: fields.kept() }),
  };
  const storage = storageOf(dtype);
  const misfit = (received: string) =>
    fields.damaged(`tensor ${quoted(name)} of type ${dtype} and shape [${shape}] with ${received}`);

  if (location === externalLocation) {
    if (raw?.length || count > 0 || dtype === 'string') throw misfit('data both inside and outside');
    const place = parseExternal(external, fields);
    const length = storedBytes(dtype, size);
    if (place.length !== undefined && place.length !== length)
      throw misfit(`${place.length} bytes of external data`);
    const { bytes: others, end } = context.claims.get(place.location) ?? { bytes: 0, end: 0 };
    context.claims.set(place.location, {
      bytes: others + length,
      end: Math.max(end, place.offset + length),
    });
    return { ...head, data: () => readOutside(dtype, place, length, name, context) };
  }
  if (raw?.length || (size === 0 && count === 0)) {
    const content = raw ?? new Uint8Array();
    if (count > 0 || dtype === 'string') throw misfit('raw data besides its own');
    if (content.length !== storedBytes(dtype, size)) throw misfit(`${content.length} bytes of data`);
    return { ...head, data: () => elementsOf(dtype, content) };
  }
  if (typed.size > 1 || !typed.has(storage.field)) throw misfit(`data in field ${[...typed].join(', ')}`);
  const width = storage.array.BYTES_PER_ELEMENT;
  const expected = dtype === 'string' ? size : storedBytes(dtype, size) / width;
  if (count !== expected) throw misfit(`${count} values`);
  if (dtype === 'string') {
    return {
      ...head,
      data() {
        throw new UserError(`tensor ${quoted(name)} of ${context.source} must hold numbers`, {
          received: 'strings',
        });
      },
    };
  }
  return { ...head, data: () => readTyped(bytes, dtype, expected, context) };
}

function checkedExtent(extent: number | bigint, fields: Fields): number {
  if (typeof extent === 'bigint' || extent < 0)
    throw fields.damaged(`a tensor with ${extent} elements along an axis`);
  return extent;
}

function checkedSize(shape: readonly number[], name: string, fields: Fields): number {
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size)) {
    throw fields.damaged(`tensor ${quoted(name)} of shape [${shape.slice(0, 16)}]`);
  }
  return size;
}

/** The elements of a tensor that has them as a list of numbers. */
function readTyped(
  bytes: Uint8Array,
  dtype: ElementType,
  count: number,
  { source }: ParseContext,
): ElementArray {
  const { array: Elements, field } = storageOf(dtype);
  const elements = new Elements(count);
  const fields = new Fields(bytes, source);
  let at = 0;
  while (fields.next()) {
    if (fields.number !== field) continue;
    if (field === 4 || field === 10) {
      for (const value of fields.floats(field === 4 ? 4 : 8)) elements[at++] = value;
    } else if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) {
      for (const value of fields.integers()) elements[at++] = BigInt(value);
    } else {
      for (const value of fields.integers()) elements[at++] = Number(value);
    }
  }
  return elements;
}

/** A StringStringEntryProto. */
export function parseEntry(fields: Fields): [key: string, value: string] {
  let [key, value] = ['', ''];
  while (fields.next()) {
    if (fields.number === 1) key = fields.string();
    else if (fields.number === 2) value = fields.string();
  }
  return [key, value];
}

/** @throws UserError for a path that could lead out of the model's folder */
function parseExternal(entries: ReadonlyMap<string, string>, fields: Fields): ExternalData {
  const location = entries.get('location') ?? '';
  const parts = location.split(/[\\/]/);
  const leaves =
    parts.includes('..') || parts.includes('') || /^[a-z]:/i.test(location) || location.includes('\0');
  if (leaves)
    throw fields.damaged(`external data at ${JSON.stringify(location)}, outside the model's folder`);
  const number = (key: string) => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw fields.damaged(`external data with ${key} ${JSON.stringify(text)}`);
    }
    return value;
  };
  return { location: parts.join('/'), offset: number('offset') ?? 0, length: number('length') };
}

function readOutside(
  dtype: ElementType,
  { location, offset }: ExternalData,
  length: number,
  name: string,
  { source, readExternal }: ParseContext,
): ElementArray {
  if (!readExternal) {
    throw new UserError(`${source} keeps tensor ${quoted(name)} in another file`, {
      received: 'no way to read it',
      remedy: `give the folder that also holds ${location}`,
    });
  }
  const bytes = readExternal(location, offset, length);
  if (bytes.byteLength !== length) {
    throw new UserError(`${location} must hold the external data of ${source}`, {
      received: `${bytes.byteLength} bytes where tensor ${quoted(name)} has ${length}`,
      remedy: 'fetch or write both files again',
    });
  }
  return elementsOf(dtype, bytes);
}
