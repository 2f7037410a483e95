/** A protobuf reader over bytes that may hold anything: nothing is allocated on a length's word alone. */
import { UserError } from '../core/errors.ts';

const wireTypes = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** A 64-bit varint takes no more. */
const maxVarintBytes = 10;

/**
 * A message of two bytes becomes an object of a hundred. Real files have fewer messages than this, or names and
 * attributes that make them longer than this on the average.
 */
const [freeMessages, messageBytes] = [1_000_000, 40];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The fields of one message in the order of the file. `next` steps to a field, the other methods read it.
 *
 * @example
 * const fields = new Fields(bytes, 'model.onnx');
 * while (fields.next()) if (fields.number === 2) producer = fields.string();
 */
export class Fields {
  /** Of the field at hand. */
  number = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;
  readonly #end: number;
  #at: number;
  /** Where the field at hand begins, tag included, and where its content does. */
  #fieldStart = 0;
  #start = 0;
  #wireType = 0;
  #varint: number | bigint = 0;
  /** Begin and end of runs of kept fields. */
  readonly #kept: number[] = [];

  /** How many more messages may be in the file: shared by all of it. */
  readonly #budget: { left: number };

  /** @param source what to call the file in error messages */
  constructor(
    bytes: Uint8Array,
    source: string,
    budget = { left: freeMessages + bytes.length / messageBytes },
  ) {
    this.#budget = budget;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    this.#at = 0;
    this.#end = bytes.byteLength;
  }

  /** Steps to the next field; false at the message's end. @throws UserError where the message breaks the format */
  next(): boolean {
    if (this.#at === this.#end) return false;
    this.#fieldStart = this.#at;
    const tag = this.#readVarint();
    if (typeof tag === 'bigint' || tag >= 2 ** 32) throw this.damaged(`the field number ${tag}`);
    this.number = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    if (this.number === 0) throw this.damaged('the field number 0');
    this.#start = this.#at;
    switch (this.#wireType) {
      case wireTypes.varint:
        this.#varint = this.#readVarint();
        break;
      case wireTypes.fixed64:
        this.#skip(8);
        break;
      case wireTypes.fixed32:
        this.#skip(4);
        break;
      case wireTypes.delimited: {
        const length = this.#readVarint();
        this.#start = this.#at;
        this.#skip(length);
        break;
      }
      default:
        throw this.damaged(`a field of wire type ${this.#wireType}`);
    }
    return true;
  }

  /** An int32, int64 or enum field: a bigint only beyond ±2^53. */
  integer(): number | bigint {
    this.#require(wireTypes.varint);
    return signed(this.#varint);
  }

  /** An int32 or enum field, or any that has to be as small. */
  small(): number {
    const value = this.integer();
    if (typeof value === 'bigint') throw this.damaged(`${value} in field ${this.number}`);
    return value;
  }

  float(): number {
    this.#require(wireTypes.fixed32);
    return this.#view.getFloat32(this.#start, true);
  }

  /** A string field. @throws UserError when it is not UTF-8 */
  string(): string {
    const text = this.text();
    if (text === undefined) throw this.damaged(`text that is not UTF-8 in field ${this.number}`);
    return text;
  }

  /** A bytes field as text; undefined where it is not UTF-8. */
  text(): string | undefined {
    try {
      return utf8.decode(this.bytes());
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** A bytes field: a view. */
  bytes(): Uint8Array {
    this.#require(wireTypes.delimited);
    return this.#bytes.subarray(this.#start, this.#at);
  }

  /** An embedded message. */
  message(): Fields {
    if (this.#budget.left-- < 1) throw this.damaged('more messages than a file of its size has');
    return new Fields(this.bytes(), this.#source, this.#budget);
  }

  /** The message itself, as encoded. */
  get encoded(): Uint8Array {
    return this.#bytes;
  }

  /** The values of a repeated field of integers: many where they are packed, else one. */
  *integers(): Generator<number | bigint> {
    if (this.#wireType !== wireTypes.delimited) {
      yield this.integer();
      return;
    }
    const packed = this.message();
    while (packed.#at < packed.#end) yield signed(packed.#readVarint());
  }

  /** The values of a repeated field of floats (`bytes` 4) or doubles (8): many where they are packed, else one. */
  *floats(bytes: 4 | 8 = 4): Generator<number> {
    const width = this.#wireType === wireTypes.delimited ? this.#at - this.#start : bytes;
    if (this.#wireType !== wireTypes.delimited) {
      this.#require(bytes === 4 ? wireTypes.fixed32 : wireTypes.fixed64);
    }
    if (width % bytes !== 0) throw this.damaged(`${width} bytes of packed floats`);
    for (let at = this.#start; at < this.#start + width; at += bytes) {
      yield bytes === 4 ? this.#view.getFloat32(at, true) : this.#view.getFloat64(at, true);
    }
  }

  /** How many values a repeated field of numbers has here, without reading them. */
  count(element: 'varint' | 4 | 8): number {
    if (this.#wireType !== wireTypes.delimited) return 1;
    const length = this.#at - this.#start;
    if (element !== 'varint') return length / element;
    let count = 0;
    for (let at = this.#start; at < this.#at; at++) if (this.#bytes[at] < 0x80) count++;
    return count;
  }

  /** Keeps the field at hand as it is, to be passed on. */
  keep(): void {
    if (this.#kept.at(-1) === this.#fieldStart) this.#kept[this.#kept.length - 1] = this.#at;
    else this.#kept.push(this.#fieldStart, this.#at);
  }

  /** The kept fields as encoded, tags included; undefined where there are none. */
  kept(): Uint8Array | undefined {
    if (this.#kept.length === 0) return undefined;
    const [start, end] = this.#kept;
    if (this.#kept.length === 2) return this.#bytes.subarray(start, end);
    let length = 0;
    for (let i = 0; i < this.#kept.length; i += 2) length += this.#kept[i + 1] - this.#kept[i];
    const joined = new Uint8Array(length);
    let at = 0;
    for (let i = 0; i < this.#kept.length; i += 2) {
      const run = this.#bytes.subarray(this.#kept[i], this.#kept[i + 1]);
      joined.set(run, at);
      at += run.length;
    }
    return joined;
  }

  /** The error for content that breaks the format. */
  damaged(received: string): UserError {
    return new UserError(`${this.#source} is not a valid ONNX file`, {
      received,
      remedy: 'fetch or write the file again',
    });
  }

  #require(wireType: number): void {
    if (this.#wireType !== wireType) {
      throw this.damaged(`wire type ${this.#wireType} in field ${this.number} where ${wireType} was due`);
    }
  }

  #skip(length: number | bigint): void {
    if (length > this.#end - this.#at) {
      throw this.damaged(`a field of ${length} bytes where ${this.#end - this.#at} are left`);
    }
    this.#at += Number(length);
  }

  /** Unsigned; a bigint only above 2^49. */
  #readVarint(): number | bigint {
    let value = 0;
    let scale = 1;
    const last = Math.min(this.#end, this.#at + maxVarintBytes);
    for (let at = this.#at; at < last; at++) {
      const byte = this.#bytes[at];
      // Seven groups of seven bits are exact as a number.
      if (at - this.#at === 7) return this.#readLongVarint(value, at);
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) {
        this.#at = at + 1;
        return value;
      }
    }
    throw this.damaged('a number that the end of its message cuts off');
  }

  #readLongVarint(low: number, from: number): bigint {
    let value = BigInt(low);
    for (let at = from, shift = 49n; at < this.#end && shift <= 63n; at++, shift += 7n) {
      const byte = this.#bytes[at];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at + 1;
        if (value >= 2n ** 64n) break;
        return value;
      }
    }
    throw this.damaged('a number of more than 64 bits');
  }
}

/** 64 bits as two's complement. */
function signed(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value;
  const integer = BigInt.asIntN(64, value);
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
