import { type LimitFunction, limited } from '../core/parallel.ts';
import { type FrameMemory, frameMemory } from '../image/frame-memory.ts';
import type { RgbImage } from '../image/image.ts';

/**
 * Decoded images by path, the most recently used ones kept in memory up to a limit. Training reads the same frames
 * every epoch; decoding them once is most of what a loader can win. Images are shared: treat them as read-only.
 */
export class FrameCache {
  readonly #decode: (path: string) => Promise<RgbImage>;
  readonly #limit: LimitFunction;
  readonly #images: FrameMemory;
  readonly #decoding = new Map<string, Promise<RgbImage>>();

  /**
   * @param limit bytes of decoded pixels to keep
   * @param decode what reads a path
   * @param parallel decodes in flight at once
   */
  constructor(limit: number, decode: (path: string) => Promise<RgbImage>, parallel = 4) {
    this.#images = frameMemory(limit);
    this.#decode = decode;
    this.#limit = limited(parallel);
  }

  /** Bytes of pixels in memory now. */
  get bytes(): number {
    return this.#images.calculatedSize;
  }

  /** The image at a path, decoded once however often it is asked for meanwhile. @throws what decoding throws */
  get(path: string): Promise<RgbImage> {
    const image = this.#images.get(path);
    if (image) return Promise.resolve(image);
    let decoding = this.#decoding.get(path);
    if (!decoding) {
      decoding = this.#limit(() => this.#decodeOne(path)).finally(() => this.#decoding.delete(path));
      this.#decoding.set(path, decoding);
    }
    return decoding;
  }

  async #decodeOne(path: string): Promise<RgbImage> {
    const image = await this.#decode(path);
    this.#images.set(path, image);
    return image;
  }
}
