import type { RgbImage } from '../image/image.ts';

/**
 * Decoded images by path, the most recently used ones kept in memory up to a limit. Training reads the same frames
 * every epoch; decoding them once is most of what a loader can win. Images are shared: treat them as read-only.
 */
export class FrameCache {
  readonly #limit: number;
  readonly #decode: (path: string) => Promise<RgbImage>;
  readonly #parallel: number;
  /** In order of use, the oldest first. */
  readonly #images = new Map<string, RgbImage>();
  readonly #decoding = new Map<string, Promise<RgbImage>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #bytes = 0;

  /**
   * @param limit bytes of decoded pixels to keep
   * @param decode what reads a path
   * @param parallel decodes in flight at once
   */
  constructor(limit: number, decode: (path: string) => Promise<RgbImage>, parallel = 4) {
    this.#limit = limit;
    this.#decode = decode;
    this.#parallel = parallel;
  }

  /** Bytes of pixels in memory now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The image at a path, decoded once however often it is asked for meanwhile. @throws what decoding throws */
  get(path: string): Promise<RgbImage> {
    const image = this.#images.get(path);
    if (image) {
      this.#images.delete(path);
      this.#images.set(path, image);
      return Promise.resolve(image);
    }
    let decoding = this.#decoding.get(path);
    if (!decoding) {
      decoding = this.#decodeInTurn(path).finally(() => this.#decoding.delete(path));
      this.#decoding.set(path, decoding);
    }
    return decoding;
  }

  async #decodeInTurn(path: string): Promise<RgbImage> {
    if (this.#running >= this.#parallel) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      const image = await this.#decode(path);
      this.#keep(path, image);
      return image;
    } finally {
      // Whoever waits longest takes over this turn.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #keep(path: string, image: RgbImage): void {
    if (image.data.byteLength > this.#limit) return;
    this.#images.set(path, image);
    this.#bytes += image.data.byteLength;
    for (const [oldest, { data }] of this.#images) {
      if (this.#bytes <= this.#limit) break;
      this.#images.delete(oldest);
      this.#bytes -= data.byteLength;
    }
  }
}
