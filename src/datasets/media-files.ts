import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import { type LimitFunction, limited } from '../core/parallel.ts';
import { type FrameMemory, frameMemory } from '../image/frame-memory.ts';
import type { RgbImage } from '../image/image.ts';
import { isImageFile, readImage } from '../node/image-file.ts';
import { type OpenedVideo, openVideo, probeVideo } from '../node/video-frames.ts';

/** A decoder of videos has threads of its own. */
const videosAtOnce = 2;
const picturesAtOnce = 4;

/**
 * The number of a video's frames, or 0 for a picture, which is not decoded for it.
 *
 * @throws UserError naming a file that is missing, or is neither, or a video without frames
 */
export async function countFrames(path: string): Promise<number[]> {
  if (await isImageFile(path)) return [0];
  const { frameCount } = await probeVideo(path);
  if (frameCount === 0) throw new UserError('a video must have frames', { received: `none in ${path}` });
  return [frameCount];
}

/**
 * Pictures and videos in a folder, by their paths in it with `/` between. What a file is, its first bytes say. Frames
 * are numbered from 1; a picture has one. Those used last are kept in memory, up to a limit.
 */
export class MediaFiles {
  readonly #root: string;
  readonly #memory: FrameMemory;
  /** Null for a picture. */
  readonly #opened = new Map<string, Promise<OpenedVideo | null>>();
  readonly #pictures = limited(picturesAtOnce);
  readonly #videos = limited(videosAtOnce);
  /** By file: it is decoded for one at a time, and the next finds what was kept. */
  readonly #queues = new Map<string, LimitFunction>();

  /** @param memory bytes of decoded frames to keep */
  constructor(root: string, memory: number) {
    this.#root = root;
    this.#memory = frameMemory(memory);
  }

  path(file: string): string {
    return join(this.#root, file);
  }

  /** Decoded frames by number, in the order asked for. @throws UserError naming the file when it is broken or has no such frame */
  async frames(file: string, numbers: readonly number[]): Promise<RgbImage[]> {
    const video = await this.#open(file);
    if (!video) this.#requireFirst(file, numbers);
    const queue = this.#queues.get(file) ?? limited(1);
    this.#queues.set(file, queue);
    const found = await queue(() => this.#decode(file, video, new Set(numbers)));
    return numbers.flatMap((number) => found.get(number) ?? []);
  }

  /** Every frame in its order, decoded in one pass; a video's are not kept. @throws UserError as `frames`, after those before the damage */
  async *everyFrame(file: string): AsyncGenerator<RgbImage> {
    const video = await this.#open(file);
    if (!video) yield* await this.frames(file, [1]);
    else for await (const { image } of video.frames()) yield image;
  }

  #requireFirst(file: string, numbers: readonly number[]): void {
    const other = numbers.find((number) => number !== 1);
    if (other === undefined) return;
    throw new UserError(`${this.path(file)} is a picture, whose only frame is 1`, {
      received: String(other),
    });
  }

  async #decode(
    file: string,
    video: OpenedVideo | null,
    numbers: ReadonlySet<number>,
  ): Promise<Map<number, RgbImage>> {
    const found = new Map<number, RgbImage>();
    const keep = (number: number, image: RgbImage) => {
      found.set(number, image);
      this.#memory.set(`${file}/${number}`, image);
    };
    for (const number of numbers) {
      const image = this.#memory.get(`${file}/${number}`);
      if (image) found.set(number, image);
    }
    const missing = [...numbers].filter((number) => !found.has(number));
    if (missing.length === 0) return found;
    if (video) {
      await this.#videos(async () => {
        for await (const { number, image } of video.frames(missing)) keep(number, image);
      });
    } else keep(1, await this.#pictures(() => readImage(this.path(file))));
    return found;
  }

  #open(file: string): Promise<OpenedVideo | null> {
    let opened = this.#opened.get(file);
    if (!opened) {
      const path = this.path(file);
      opened = isImageFile(path).then((isImage) => (isImage ? null : openVideo(path)));
      this.#opened.set(file, opened);
      // What is repaired meanwhile can be read.
      opened.catch(() => this.#opened.delete(file));
    }
    return opened;
  }
}
