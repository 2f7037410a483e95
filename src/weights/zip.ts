/**
 * The reading half of the zip format, as far as checkpoints use it: stored and deflated entries, zip64. Stored
 * entries are views of the file. Specification: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5.
 */
import { Inflate } from 'fflate';
import { quoted, UserError } from '../core/errors.ts';
import { crc32 } from './crc32.ts';

export interface ZipEntry {
  readonly name: string;
  /** Of the content, inflated. */
  readonly size: number;
  /** The content: a view of the file where it is stored as it is. @throws UserError when it is damaged */
  bytes(): Uint8Array;
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50 } as const;
const locatorSignature = 0x07064b50;
const [localBytes, centralBytes, endBytes, locatorBytes, end64Bytes] = [30, 46, 22, 20, 56];

/** What all deflated entries together may inflate to, in bytes of the file: weights never shrink to a sixteenth. */
const largestGrowth = 16;
const allowance = 1 << 20;

/** Bytes inflated at a time; they become at most a thousand times as many. */
const inflateStep = 1 << 14;

/**
 * The entries of a zip file by name, in its directory's order. Nothing is inflated before it is asked for, and a file
 * whose directory promises more than 16 times its own size (and a mebibyte) is refused.
 *
 * @throws UserError when the directory is damaged, or an entry is encrypted, compressed in another way, named twice,
 *   or named by a path that leaves the archive
 */
export function readZip(bytes: Uint8Array, source: string): Map<string, ZipEntry> {
  const reader = new Reader(bytes, source);
  const { count, offset, size } = findDirectory(reader);
  if (offset + size > bytes.length || count * centralBytes > size) {
    throw reader.damaged(`a directory of ${count} entries and ${size} bytes at ${offset}`);
  }
  const entries = new Map<string, ZipEntry>();
  const totals = { compressed: 0, inflated: 0 };
  let at = offset;
  for (let i = 0; i < count; i++) {
    const { entry, length } = readEntry(reader, at, totals);
    if (entries.has(entry.name)) throw reader.damaged(`two entries named ${quoted(entry.name)}`);
    if (!entry.name.endsWith('/')) entries.set(entry.name, entry);
    at += length;
  }
  if (totals.compressed > bytes.length) throw reader.damaged('entries that overlap');
  if (totals.inflated > largestGrowth * bytes.length + allowance) {
    throw new UserError(`${source} must not inflate to more than ${largestGrowth} times its size`, {
      received: `${totals.inflated} bytes from ${bytes.length}`,
      remedy: 'store it uncompressed',
    });
  }
  return entries;
}

/** Little-endian numbers of a file, with errors that name it. */
class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: string;

  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
  }

  damaged(received: string): UserError {
    return new UserError(`${this.#source} is not a valid zip file`, {
      received,
      remedy: 'fetch or write the file again',
    });
  }

  /** @throws UserError unless that many bytes are there */
  need(at: number, length: number): void {
    if (at < 0 || at + length > this.bytes.length) {
      throw this.damaged(`${this.bytes.length} bytes where ${at + length} were due`);
    }
  }

  u16(at: number): number {
    this.need(at, 2);
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    this.need(at, 4);
    return this.#view.getUint32(at, true);
  }

  u64(at: number): number {
    this.need(at, 8);
    const value = this.#view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged(`a size or place of ${value}`);
    return Number(value);
  }
}

/** Where the central directory lies, from the record at the end of the file, behind a comment of at most 64 KiB. */
function findDirectory(reader: Reader): { count: number; offset: number; size: number } {
  const last = reader.bytes.length - endBytes;
  let end = last;
  while (
    end >= 0 &&
    !(reader.u32(end) === signatures.end && end + endBytes + reader.u16(end + 20) === reader.bytes.length)
  ) {
    if (--end < last - 0xffff) end = -1;
  }
  if (end < 0) throw reader.damaged('no directory at its end');
  const found = { count: reader.u16(end + 10), size: reader.u32(end + 12), offset: reader.u32(end + 16) };
  const locator = end - locatorBytes;
  if (locator < 0 || reader.u32(locator) !== locatorSignature) return found;
  const end64 = reader.u64(locator + 8);
  reader.need(end64, end64Bytes);
  if (reader.u32(end64) !== signatures.end64) throw reader.damaged(`no zip64 directory at ${end64}`);
  return { count: reader.u64(end64 + 32), size: reader.u64(end64 + 40), offset: reader.u64(end64 + 48) };
}

function readEntry(
  reader: Reader,
  at: number,
  totals: { compressed: number; inflated: number },
): { entry: ZipEntry; length: number } {
  reader.need(at, centralBytes);
  if (reader.u32(at) !== signatures.central) throw reader.damaged(`no directory entry at ${at}`);
  const [flags, method, crc] = [reader.u16(at + 8), reader.u16(at + 10), reader.u32(at + 16)];
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => reader.u16(at + field));
  const length = centralBytes + nameLength + extraLength + commentLength;
  reader.need(at, length);
  const name = decodeName(reader, at + centralBytes, nameLength);
  const { compressed, size, local } = places(reader, at, at + centralBytes + nameLength, extraLength, name);
  if (flags & 1) throw reader.damaged(`${quoted(name)}, which is encrypted`);
  if (method !== 0 && method !== 8) throw reader.damaged(`${quoted(name)}, compressed by method ${method}`);
  if (method === 0 && compressed !== size) throw reader.damaged(`${quoted(name)}, stored in another size`);
  totals.compressed += compressed;
  if (method === 8) totals.inflated += size;
  let read: Uint8Array | undefined;
  return { entry: { name, size, bytes: () => (read ??= content()) }, length };

  function content(): Uint8Array {
    reader.need(local, localBytes);
    if (reader.u32(local) !== signatures.local) throw reader.damaged(`no entry ${quoted(name)} at ${local}`);
    const start = local + localBytes + reader.u16(local + 26) + reader.u16(local + 28);
    reader.need(start, compressed);
    const stored = reader.bytes.subarray(start, start + compressed);
    const whole =
      method === 0
        ? stored
        : inflate(stored, size, () =>
            reader.damaged(`${quoted(name)}, which does not inflate to ${size} bytes`),
          );
    // torch.serialization.set_crc32_options(False) leaves a zero.
    if (crc !== 0 && crc32(whole) !== crc) throw reader.damaged(`${quoted(name)} with another checksum`);
    return whole;
  }
}

/** In steps, so that a stream that does not end where it should is left soon after. */
function inflate(stored: Uint8Array, size: number, damaged: () => UserError): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Inflate((chunk) => {
    out.set(chunk, at);
    at += chunk.length;
  });
  try {
    for (let from = 0; from < stored.length; from += inflateStep) {
      const to = Math.min(from + inflateStep, stored.length);
      stream.push(stored.subarray(from, to), to === stored.length);
    }
  } catch {
    // Of the library's own, or of a chunk that does not fit any more.
    throw damaged();
  }
  if (at !== size) throw damaged();
  return out;
}

/** Sizes and the place of an entry; where one is all ones, the zip64 field of its extra data has it. */
function places(reader: Reader, at: number, extra: number, extraLength: number, name: string) {
  const found = { size: reader.u32(at + 24), compressed: reader.u32(at + 20), local: reader.u32(at + 42) };
  const large = (Object.keys(found) as (keyof typeof found)[]).filter((key) => found[key] === 0xffffffff);
  if (large.length === 0) return found;
  for (let field = extra; field + 4 <= extra + extraLength; field += 4 + reader.u16(field + 2)) {
    if (reader.u16(field) !== 1) continue;
    if (reader.u16(field + 2) < 8 * large.length) break;
    for (const [i, key] of large.entries()) found[key] = reader.u64(field + 4 + 8 * i);
    return found;
  }
  throw reader.damaged(`${quoted(name)} without its zip64 sizes`);
}

/** A byte order mark is a character of a name, like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws UserError for a name that is no path within the archive */
function decodeName(reader: Reader, at: number, length: number): string {
  const name = utf8.decode(reader.bytes.subarray(at, at + length));
  if (name === '' || /^[/\\]|^[a-z]:|\\|\0|(^|\/)\.\.(\/|$)/i.test(name)) {
    throw reader.damaged(`an entry named ${quoted(name)}`);
  }
  return name;
}
