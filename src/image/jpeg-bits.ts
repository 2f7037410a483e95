/** Why the bits of a scan cannot be read on: their end is reached, or they are no code. */
export class NoMoreBits extends Error {
  readonly reason: 'end' | 'nonsense';

  constructor(reason: 'end' | 'nonsense') {
    super(reason);
    this.reason = reason;
  }
}

/** For every 16 bits that may come next: 256 × the code's length + its value; 0 where there is no such code. */
export type HuffmanTable = Uint16Array;

/**
 * The look-up table of a DHT segment's code.
 *
 * @param counts codes of 1, 2, … 16 bits
 * @param values what they stand for, shortest code first
 */
export function huffmanTable(counts: Uint8Array, values: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65536);
  let [at, value] = [0, 0];
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++) {
      const next = at + (1 << (15 - i));
      table.fill(((i + 1) << 8) | values[value++], at, next);
      at = next;
    }
  });
  return table;
}

/** Reads a scan's bits: FF 00 is FF, and any other marker ends them. */
export class JpegBits {
  readonly bytes: Uint8Array;
  /** Of the next byte that is not in the buffer yet. */
  #at: number;
  #buffer = 0;
  #held = 0;
  /** Zeros at the buffer's end that are not in the file. */
  #invented = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.#at = at;
  }

  #fill(): void {
    const { bytes } = this;
    while (this.#held <= 24) {
      let byte = 0;
      if (this.#invented === 0 && this.#at < bytes.length) {
        byte = bytes[this.#at];
        if (byte !== 0xff) this.#at++;
        else if (bytes[this.#at + 1] === 0) this.#at += 2;
        else this.#invented = 8;
      } else {
        this.#invented += 8;
      }
      if (this.#invented > 0) byte = 0;
      this.#buffer = (this.#buffer << 8) | byte;
      this.#held += 8;
    }
  }

  #use(count: number): void {
    this.#held -= count;
    if (this.#held < this.#invented) throw new NoMoreBits('end');
  }

  /** The next value of a Huffman code. */
  code(table: HuffmanTable): number {
    if (this.#held < 16) this.#fill();
    const entry = table[(this.#buffer >>> (this.#held - 16)) & 0xffff];
    if (entry === 0) throw new NoMoreBits(this.#held - this.#invented < 16 ? 'end' : 'nonsense');
    this.#use(entry >> 8);
    return entry & 0xff;
  }

  /** The next `count` bits as a number. @param count up to 16 */
  bits(count: number): number {
    if (count === 0) return 0;
    if (this.#held < count) this.#fill();
    const value = (this.#buffer >>> (this.#held - count)) & ((1 << count) - 1);
    this.#use(count);
    return value;
  }

  /** Drops what is left of the current byte and the buffer. @returns where the next byte of the file is */
  align(): number {
    const { bytes } = this;
    let at = this.#at;
    for (let whole = (this.#held - this.#invented) >> 3; whole > 0; whole--) {
      at -= bytes[at - 1] === 0 && bytes[at - 2] === 0xff ? 2 : 1;
    }
    this.restart(at);
    return at;
  }

  /** Goes on from a byte of the file. */
  restart(at: number): void {
    this.#at = at;
    this.#buffer = 0;
    this.#held = 0;
    this.#invented = 0;
  }
}
