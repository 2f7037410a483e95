import { damaged, share, truncated, unsupported } from './image-fault.ts';
import { type HuffmanTable, huffmanTable, JpegBits, NoMoreBits } from './jpeg-bits.ts';
import { type JpegComponent, type JpegFrame, type JpegScan, JpegScanReader } from './jpeg-scan.ts';

/** More bytes than this after a scan's last block are no strays: the scan was misread, or the height is wrong. */
const mostStrays = 64;

const notSupported: Readonly<Record<number, string>> = {
  195: 'a lossless JPEG',
  197: 'a hierarchical JPEG',
  198: 'a hierarchical JPEG',
  199: 'a hierarchical JPEG',
  201: 'a JPEG with arithmetic coding',
  202: 'a JPEG with arithmetic coding',
  203: 'a lossless JPEG',
};

/**
 * Reads over a whole JPEG – every block of every scan – and returns it as strict decoders want it: with the parameters
 * that its first scan must have, without stray bytes before markers, and with an end marker where nothing but that is
 * missing. The same bytes where nothing is to be mended. What follows the end (a second picture, a film) is left out of
 * account, and a thumbnail inside a segment is none of the picture.
 *
 * @throws ImageFault when a part of the picture is missing (and how much there is), wrong, or of a kind that is not read
 */
export function mendJpeg(bytes: Uint8Array): Uint8Array {
  return new JpegWalk(bytes).mended();
}

class JpegWalk {
  readonly bytes: Uint8Array;
  readonly #dc: (HuffmanTable | undefined)[] = [];
  readonly #ac: (HuffmanTable | undefined)[] = [];
  readonly #strays: [from: number, to: number][] = [];
  readonly #corrections = new Map<number, number>();
  #frame: JpegFrame | null = null;
  #interval = 0;
  /** For each component, the bit down to which each of its 64 coefficients is there; −1: none of it. */
  readonly #reached = new Map<JpegComponent, Int8Array>();
  #scans = 0;
  /** Whether the current scan has all of the picture's channels. */
  #interleaved = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  mended(): Uint8Array {
    const end = this.#walk();
    if (this.#strays.length === 0 && this.#corrections.size === 0 && end !== null) return this.bytes;
    const parts: Uint8Array[] = [];
    const corrected = this.bytes.slice(0, end ?? this.bytes.length);
    for (const [at, value] of this.#corrections) corrected[at] = value;
    let from = 0;
    for (const [start, stop] of this.#strays) {
      parts.push(corrected.subarray(from, start));
      from = stop;
    }
    parts.push(corrected.subarray(from));
    if (end === null) parts.push(Uint8Array.of(0xff, 0xd9));
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** @returns the first byte after the end marker, or null where only that is missing */
  #walk(): number | null {
    const { bytes } = this;
    for (let at = 2; ; ) {
      const marker = this.#markerAfter(at);
      if (marker === null) {
        if (this.#isWhole()) return null;
        throw this.#cut();
      }
      const kind: number = bytes[marker];
      at = marker + 1;
      if (kind === 0xd9) {
        if (this.#scans === 0) throw damaged('a JPEG without a picture');
        return at;
      }
      if (kind === 0x01 || (kind >= 0xd0 && kind <= 0xd8)) continue;
      const length = (bytes[at] << 8) | bytes[at + 1];
      if (at + 2 > bytes.length || at + length > bytes.length) {
        if (this.#isWhole()) throw damaged('a JPEG whose picture is followed by half a segment');
        throw this.#cut();
      }
      if (length < 2) throw damaged('a JPEG with a segment of no length');
      const body = bytes.subarray(at + 2, at + length);
      at += length;
      if (kind === 0xc4) this.#readTables(body);
      else if (kind === 0xdd) this.#interval = (body[0] << 8) | body[1];
      else if (kind >= 0xc0 && kind <= 0xcf && kind !== 0xc8 && kind !== 0xcc) this.#readFrame(kind, body);
      else if (kind === 0xda) at = this.#readScan(body, at);
    }
  }

  #readTables(body: Uint8Array): void {
    for (let at = 0; at + 17 <= body.length; ) {
      const counts = body.subarray(at + 1, at + 17);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const values = body.subarray(at + 17, at + 17 + total);
      const tables = body[at] >> 4 ? this.#ac : this.#dc;
      tables[body[at] & 15] = huffmanTable(counts, values);
      at += 17 + total;
    }
  }

  #readFrame(kind: number, body: Uint8Array): void {
    if (kind > 0xc2) {
      throw unsupported(notSupported[kind] ?? 'a JPEG of a rare kind', 'save it again as JPEG or PNG');
    }
    if (body[0] !== 8)
      throw unsupported(`a JPEG of ${body[0]} bits a channel`, 'save it again as JPEG or PNG');
    const [height, width, count] = [(body[1] << 8) | body[2], (body[3] << 8) | body[4], body[5]];
    if (this.#frame) throw damaged('a JPEG with two frame headers');
    if (width === 0 || height === 0 || count === 0 || body.length < 6 + 3 * count) {
      throw damaged(`a JPEG of ${width}×${height} pixels and ${count} channels`);
    }
    const factors = Array.from({ length: count }, (_, i) => ({
      id: body[6 + 3 * i],
      horizontal: body[7 + 3 * i] >> 4,
      vertical: body[7 + 3 * i] & 15,
    }));
    if (
      factors.some(({ horizontal, vertical }) => !(horizontal && vertical && horizontal < 5 && vertical < 5))
    )
      throw damaged('a JPEG with impossible sampling factors');
    const wide = Math.max(...factors.map(({ horizontal }) => horizontal));
    const high = Math.max(...factors.map(({ vertical }) => vertical));
    const progressive = kind === 0xc2;
    const components = factors.map(({ id, horizontal, vertical }) => {
      const blocksWide = Math.ceil(width / 8 / wide) * horizontal;
      const blocksHigh = Math.ceil(height / 8 / high) * vertical;
      const known = new Uint8Array(progressive ? blocksWide * blocksHigh * 64 : 0);
      return { id, horizontal, vertical, blocksWide, blocksHigh, known };
    });
    for (const component of components) this.#reached.set(component, new Int8Array(64).fill(-1));
    this.#frame = { width, height, progressive, components };
  }

  /** @param start the first byte after the scan's header. @returns the first byte after its data */
  #readScan(body: Uint8Array, start: number): number {
    const frame = this.#frame;
    if (!frame) throw damaged('a JPEG whose data come before its size');
    const count = body[0];
    const parts = Array.from({ length: count }, (_, i) => {
      const component = frame.components.find(({ id }) => id === body[1 + 2 * i]);
      if (!component) throw damaged('a JPEG with a scan of a channel that it does not have');
      const tables = body[2 + 2 * i];
      return { component, dc: this.#dc[tables >> 4], ac: this.#ac[tables & 15] };
    });
    if (count === 0 || body.length < 1 + 2 * count + 3) throw damaged('a JPEG with half a scan header');
    const last = 1 + 2 * count;
    let [from, to, approximation] = body.subarray(last, last + 3);
    if (!frame.progressive) {
      // Sequential scans have no choice here; some phones write zeros.
      for (const [k, value] of [0, 63, 0].entries()) {
        if (body[last + k] !== value) this.#corrections.set(start - 3 + k - (body.length - last - 3), value);
      }
      [from, to, approximation] = [0, 63, 0];
    }
    if (from > to || to > 63) throw damaged('a JPEG with an impossible scan');
    const scan = { parts, from, to, bitBefore: approximation >> 4, bit: approximation & 15 };
    this.#interleaved = parts.length === frame.components.length;
    const end = this.#readData(frame, scan, start);
    for (const { component } of parts) this.#reached.get(component)?.fill(scan.bit, from, to + 1);
    this.#scans++;
    return end;
  }

  #readData(frame: JpegFrame, scan: JpegScan, start: number): number {
    const bits = new JpegBits(this.bytes, start);
    const reader = new JpegScanReader(frame, scan, bits);
    const { across, down } = reader.extent;
    const units = across * down;
    let unit = 0;
    try {
      for (; unit < units; unit++) {
        if (this.#interval > 0 && unit > 0 && unit % this.#interval === 0) {
          const marker = this.#markerAfter(bits.align());
          const kind = marker === null ? 0xd9 : this.bytes[marker];
          if (marker === null || kind === 0xd9) throw new NoMoreBits('end');
          if (kind !== 0xd0 + ((unit / this.#interval - 1) & 7)) throw new NoMoreBits('nonsense');
          bits.restart(marker + 1);
          reader.restart();
        }
        reader.readUnit(unit % across, Math.floor(unit / across));
      }
    } catch (error) {
      if (!(error instanceof NoMoreBits)) throw error;
      const isCut = error.reason === 'end' && this.#nothingFollows(start);
      throw isCut ? this.#cut(unit / units) : damaged(`a JPEG ${this.#wrongAt(unit / units)}`);
    }
    const end = bits.align();
    const strays = this.#strays.length;
    this.#markerAfter(end);
    const [stray] = this.#strays.splice(strays);
    if (stray && stray[1] - stray[0] > mostStrays) {
      throw damaged(`a JPEG with ${stray[1] - stray[0]} bytes too many after its data`);
    }
    return end;
  }

  /** @returns where the next marker's second byte is; what lies before the marker is stray */
  #markerAfter(from: number): number | null {
    const { bytes } = this;
    let at = from;
    while (at + 1 < bytes.length && !(bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff))
      at++;
    if (at + 1 >= bytes.length) return null;
    let first = at;
    while (first > from && bytes[first - 1] === 0xff) first--;
    if (first > from) this.#strays.push([from, first]);
    return at + 1;
  }

  /** Whether the file ends in a scan's data, perhaps with an end marker put after what there is. */
  #nothingFollows(start: number): boolean {
    const { bytes } = this;
    for (let at = start; at + 1 < bytes.length; at++) {
      if (bytes[at] !== 0xff) continue;
      const kind = bytes[at + 1];
      if (kind === 0xd9) return true;
      if (kind !== 0 && kind !== 0xff && !(kind >= 0xd0 && kind <= 0xd7)) return false;
    }
    return true;
  }

  /** Whether every bit of every coefficient has been in a scan. */
  #isWhole(): boolean {
    return (
      this.#reached.size > 0 && [...this.#reached.values()].every((bits) => bits.every((bit) => bit === 0))
    );
  }

  /** @param part how much of the scan is there, 0–1 */
  #cut(part = 0) {
    const { bytes } = this;
    if (!this.#frame || (part === 0 && this.#scans === 0)) {
      return truncated(`a JPEG of ${bytes.length} bytes that ends before its picture begins`);
    }
    if (this.#frame.progressive || !this.#interleaved) {
      const scans = `${this.#scans} whole scan${this.#scans === 1 ? '' : 's'}`;
      return truncated(
        `a JPEG in scans that ends after ${scans} and ${Math.floor(100 * part)} % of the next`,
      );
    }
    const rows = Math.floor(part * this.#frame.height);
    return truncated(`a JPEG with ${share(rows, this.#frame.height, 'rows')}`);
  }

  #wrongAt(part: number): string {
    const where = `${Math.floor(part * 100)} % into its data`;
    return this.#scans === 0
      ? `that makes no sense from ${where}`
      : `whose scan ${this.#scans + 1} makes no sense from ${where}`;
  }
}
