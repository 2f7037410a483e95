/**
 * A protobuf writer for large messages: a message knows its length before its contents exist, so tensors are
 * produced one at a time while the file is written, and never copied into a second buffer.
 * Wire format: https://protobuf.dev/programming-guides/encoding
 */

import { Scratch } from '../core/scratch.ts';

/**
 * Bytes that are made when their turn comes, in the scratch memory where they can be. `bytes()` must return exactly
 * `byteLength` of them.
 */
export interface LazyBytes {
  readonly byteLength: number;
  bytes(scratch: Scratch): Uint8Array;
}

type Part = Uint8Array | LazyBytes | Message;

const wireType = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

/** Small parts are gathered into chunks of at least this size, larger ones are passed on as they are. */
const chunkBytes = 1 << 16;

/** One protobuf message under construction. Fields are written in the order of the calls. */
export class Message {
  readonly #parts: Part[] = [];
  #byteLength = 0;

  /** Of the encoded message, without its own tag. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** An int32, int64 or enum field. Negative numbers take ten bytes, as the format has it. */
  integer(field: number, value: number | bigint): this {
    return this.#add(tag(field, wireType.varint)).#add(varint(BigInt(value)));
  }

  /** A float field. */
  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#add(tag(field, wireType.fixed32)).#add(bytes);
  }

  /** A string field, UTF-8. */
  string(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text));
  }

  /** A bytes field. */
  bytes(field: number, content: Uint8Array | LazyBytes): this {
    return this.#delimited(field, content);
  }

  /** An embedded message. It must be complete: its length is taken now. */
  message(field: number, content: Message): this {
    return this.#delimited(field, content);
  }

  /** Whole fields that are encoded already, tags included; nothing where undefined. */
  encoded(fields: Uint8Array | undefined): this {
    return fields ? this.#add(fields) : this;
  }

  #delimited(field: number, content: Part): this {
    return this.#add(tag(field, wireType.lengthDelimited))
      .#add(varint(BigInt(content.byteLength)))
      .#add(content);
  }

  #add(part: Part): this {
    this.#parts.push(part);
    this.#byteLength += part.byteLength;
    return this;
  }

  /** The encoded message in order, in chunks of about 64 KiB or one large part. Valid until the next chunk. */
  *chunks(): Generator<Uint8Array> {
    const scratch = new Scratch();
    const buffer = new Uint8Array(chunkBytes);
    let filled = 0;
    for (const part of this.#flat()) {
      const bytes = part instanceof Uint8Array ? part : part.bytes(scratch);
      if (bytes.byteLength !== part.byteLength) {
        throw new Error(`a part announced as ${part.byteLength} bytes has ${bytes.byteLength}`);
      }
      if (filled + bytes.byteLength > chunkBytes) {
        yield buffer.subarray(0, filled);
        filled = 0;
      }
      if (bytes.byteLength > chunkBytes) {
        yield bytes;
      } else {
        buffer.set(bytes, filled);
        filled += bytes.byteLength;
      }
    }
    if (filled > 0) yield buffer.subarray(0, filled);
  }

  /** The message as a whole. */
  whole(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#byteLength);
    let at = 0;
    for (const chunk of this.chunks()) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    return whole;
  }

  *#flat(): Generator<Uint8Array | LazyBytes> {
    for (const part of this.#parts) {
      if (part instanceof Message) yield* part.#flat();
      else yield part;
    }
  }
}

function tag(field: number, type: number): Uint8Array {
  return varint(BigInt((field << 3) | type));
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
