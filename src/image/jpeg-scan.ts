import { type HuffmanTable, type JpegBits, NoMoreBits } from './jpeg-bits.ts';

/** One colour component of a frame. */
export interface JpegComponent {
  readonly id: number;
  readonly horizontal: number;
  readonly vertical: number;
  /** Blocks across and down, those that only fill up the last MCU included. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
  /** Progressive frames: 1 where a coefficient, 64 a block, is not zero so far. Empty for sequential ones. */
  readonly known: Uint8Array;
}

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  readonly components: readonly JpegComponent[];
}

export interface JpegScan {
  readonly parts: readonly {
    readonly component: JpegComponent;
    readonly dc: HuffmanTable | undefined;
    readonly ac: HuffmanTable | undefined;
  }[];
  /** Spectral selection: the first and the last coefficient, 0–63. */
  readonly from: number;
  readonly to: number;
  /** Successive approximation: the bit before (0: none) and the bit of this scan. */
  readonly bitBefore: number;
  readonly bit: number;
}

type Part = JpegScan['parts'][number];

function need(table: HuffmanTable | undefined): HuffmanTable {
  if (!table) throw new NoMoreBits('nonsense');
  return table;
}

/** Reads over the blocks of a scan without keeping their values: what can be read is there. ITU-T T.81, annexes F and G. */
export class JpegScanReader {
  readonly frame: JpegFrame;
  readonly scan: JpegScan;
  readonly bits: JpegBits;
  /** Blocks, this one included, that have no further coefficients. */
  #endOfBand = 0;

  constructor(frame: JpegFrame, scan: JpegScan, bits: JpegBits) {
    this.frame = frame;
    this.scan = scan;
    this.bits = bits;
  }

  restart(): void {
    this.#endOfBand = 0;
  }

  /** MCUs across and down this scan: of one component alone, its own blocks. */
  get extent(): { readonly across: number; readonly down: number } {
    const { width, height, components } = this.frame;
    const [wide, high] = [
      Math.max(...components.map(({ horizontal }) => horizontal)),
      Math.max(...components.map(({ vertical }) => vertical)),
    ];
    const { parts } = this.scan;
    if (parts.length > 1) return { across: Math.ceil(width / 8 / wide), down: Math.ceil(height / 8 / high) };
    const { horizontal, vertical } = parts[0].component;
    return {
      across: Math.ceil(Math.ceil((width * horizontal) / wide) / 8),
      down: Math.ceil(Math.ceil((height * vertical) / high) / 8),
    };
  }

  /** @throws NoMoreBits where the file has no more, or nonsense */
  readUnit(column: number, row: number): void {
    const { parts } = this.scan;
    if (parts.length === 1) {
      this.#readBlock(parts[0], row * parts[0].component.blocksWide + column);
      return;
    }
    for (const part of parts) {
      const { horizontal, vertical, blocksWide } = part.component;
      for (let y = 0; y < vertical; y++) {
        for (let x = 0; x < horizontal; x++) {
          this.#readBlock(part, (row * vertical + y) * blocksWide + column * horizontal + x);
        }
      }
    }
  }

  #readBlock(part: Part, block: number): void {
    const { from, bitBefore } = this.scan;
    if (!this.frame.progressive) this.#sequential(part);
    else if (from === 0) {
      if (bitBefore > 0) this.bits.bits(1);
      else this.bits.bits(this.#dcBits(part));
    } else if (bitBefore === 0) this.#first(part, block * 64);
    else this.#refine(part, block * 64);
  }

  #dcBits({ dc }: Part): number {
    const count = this.bits.code(need(dc));
    if (count > 15) throw new NoMoreBits('nonsense');
    return count;
  }

  #sequential(part: Part): void {
    const { bits } = this;
    bits.bits(this.#dcBits(part));
    const ac = need(part.ac);
    for (let k = 1; k < 64; k++) {
      const value = bits.code(ac);
      const [run, size] = [value >> 4, value & 15];
      if (size === 0 && run < 15) break;
      k += run;
      if (k > 63) throw new NoMoreBits('nonsense');
      bits.bits(size);
    }
  }

  #first({ component, ac }: Part, block: number): void {
    const { bits } = this;
    if (this.#endOfBand > 0) {
      this.#endOfBand--;
      return;
    }
    for (let k = this.scan.from; k <= this.scan.to; k++) {
      const value = bits.code(need(ac));
      const [run, size] = [value >> 4, value & 15];
      if (size === 0 && run < 15) {
        this.#endOfBand = (1 << run) + bits.bits(run) - 1;
        return;
      }
      k += run;
      if (k > 63) throw new NoMoreBits('nonsense');
      if (size > 0) component.known[block + k] = 1;
      bits.bits(size);
    }
  }

  #refine({ component: { known }, ac }: Part, block: number): void {
    const { bits } = this;
    const { to } = this.scan;
    let k = this.scan.from;
    while (this.#endOfBand === 0 && k <= to) {
      const value = bits.code(need(ac));
      let run = value >> 4;
      const isNew = (value & 15) > 0;
      if (isNew) bits.bits(1);
      else if (run < 15) {
        this.#endOfBand = (1 << run) + bits.bits(run);
        break;
      }
      for (; k <= to; k++) {
        if (known[block + k] === 1) bits.bits(1);
        else if (run-- === 0) break;
      }
      if (isNew && k <= to) known[block + k] = 1;
      k++;
    }
    if (this.#endOfBand === 0) return;
    for (; k <= to; k++) if (known[block + k] === 1) bits.bits(1);
    this.#endOfBand--;
  }
}
