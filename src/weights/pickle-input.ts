/** What is wrong with a pickle, in a few words. Whoever reads the file says which one it is. */
export class MalformedPickle extends Error {}

/** A byte order mark is a character of a name, like any other. */
export const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of a pickle, read from front to back. Numbers are little-endian unless said otherwise. */
export class PickleInput {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
  }

  /** The place of that many bytes, which are then behind. @throws MalformedPickle where they are not there */
  #pass(length: number): number {
    const { at } = this;
    if (length > this.#bytes.length - at) throw new MalformedPickle(`an end where ${length} bytes were due`);
    this.at += length;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#pass(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#pass(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#pass(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#pass(4), true);
  }

  /** @throws MalformedPickle for a length that no file has */
  u64(): number {
    const value = this.#view.getBigUint64(this.#pass(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedPickle(`a length of ${value}`);
    return Number(value);
  }

  /** Big-endian, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#pass(8), false);
  }

  bytes(length: number): Uint8Array {
    const start = this.#pass(length);
    return this.#bytes.subarray(start, start + length);
  }

  text(length: number): string {
    return utf8.decode(this.bytes(length));
  }

  /** Up to the next line feed, which is passed. */
  line(): string {
    return utf8.decode(this.lineBytes());
  }

  /** The bytes of `line`. */
  lineBytes(): Uint8Array {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new MalformedPickle('a line without an end');
    const bytes = this.bytes(end - this.at);
    this.at++;
    return bytes;
  }

  /** A signed integer of that many bytes; none are zero. */
  integer(length: number): number | bigint {
    if (length > 32) throw new MalformedPickle(`an integer of ${length} bytes`);
    let value = 0n;
    for (const [i, byte] of this.bytes(length).entries()) value |= BigInt(byte) << BigInt(8 * i);
    return simplest(BigInt.asIntN(8 * length, value));
  }
}

/** As a number where it can be one. */
export function simplest(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value ? Number(value) : value;
}
