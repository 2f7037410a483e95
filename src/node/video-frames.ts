import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { UserError } from '../core/errors.ts';
import { type Timeline, timelineOf } from '../core/timeline.ts';
import { type VideoColour, yuvToRgb } from '../image/colour.ts';
import { displaySize, upright } from '../image/display.ts';
import type { RgbImage } from '../image/image.ts';
import { writeFolderAtomic } from './atomic-folder.ts';
import { startFfmpeg } from './ffmpeg.ts';
import {
  decodeFlags,
  endAtErrors,
  everyFrameOf,
  type FrameStamps,
  frameStamps,
  ownSize,
  type ShownFrame,
  showinfo,
  shownFrame,
} from './frame-stamps.ts';
import { probeStream, type VideoStream, videoError } from './video-info.ts';

/** A video as players show it: upright, with square pixels. */
export interface ProbedVideo extends VideoColour {
  readonly width: number;
  readonly height: number;
  /** Frames a second on the mean; null where a single frame has no length. */
  readonly fps: number | null;
  /** Seconds from the first frame to the end of the last one. */
  readonly duration: number;
  /** Frames that are shown. */
  readonly frameCount: number;
}

/** Some demuxers only mention that a file is cut off, and end as if all were well. */
function endsEarly(complaint: string): boolean {
  return /ended prematurely|partial file/i.test(complaint);
}

type Run = [first: number, last: number];

/**
 * The frames that ffmpeg is asked to send, as runs of numbers: the wanted ones, so that the others need not pass
 * through the pipe; or, where that would be a very long filter, all from the first wanted to the last.
 */
function runsToSend(wanted: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const number of wanted) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.length > 500 ? [[wanted[0], wanted[wanted.length - 1]]] : runs;
}

/** ffmpeg's expression that is true for the time stamps of the runs, as a search tree. */
function withinRuns(runs: readonly Run[], stampOf: (number: number) => number): string {
  if (runs.length === 1) return `between(pts,${stampOf(runs[0][0])},${stampOf(runs[0][1])})`;
  const middle = runs.length >> 1;
  const [below, above] = [runs.slice(0, middle), runs.slice(middle)].map((half) => withinRuns(half, stampOf));
  return `if(lt(pts,${stampOf(runs[middle][0])}),${below},${above})`;
}

function* numbersOf(runs: readonly Run[]): Generator<number, undefined> {
  for (const [first, last] of runs) for (let number = first; number <= last; number++) yield number;
}

/** A video file as it is shown by players, ready to be decoded. */
export interface OpenedVideo {
  readonly info: ProbedVideo;
  readonly timeline: Timeline;
  /**
   * Decodes frames as a stream: one in memory at a time, and ffmpeg is stopped when the consumer stops.
   *
   * @param numbers the frames wanted; they come sorted and once each. Default: all
   * @throws UserError naming the file when it is damaged, or has no frame of a wanted number
   */
  frames(numbers?: readonly number[]): AsyncGenerator<{ number: number; image: RgbImage }>;
}

/**
 * Looks through a video: its size, and when each of its frames is shown.
 *
 * @throws UserError naming the file when it is missing, corrupt or no video, or has colours that need tone mapping
 */
export async function openVideo(path: string): Promise<OpenedVideo> {
  const stream = await probeStream(path);
  const found = await frameStamps(path, stream);
  const timeline = timelineOf(found.stamps, stream.ticksPerSecond, found.onlyLength);
  const { fps, duration } = timeline;
  const info: ProbedVideo = {
    ...displaySize(stream.width, stream.height, stream.display),
    fps,
    duration,
    frameCount: found.stamps.length,
    matrix: stream.matrix,
    range: stream.range,
  };
  return { info, timeline, frames: (numbers) => decodeFrames(path, stream, found, numbers) };
}

/**
 * Decodes a video as a stream: one frame in memory at a time, and ffmpeg is stopped when the consumer stops.
 * Frames are numbered from 1 in order of display, and come as players show them: upright, with square pixels.
 * Colours are converted by `yuvToRgb`, so browsers get the same bytes from the same decoder output.
 *
 * @param numbers the frames wanted; they come sorted and once each. Default: all
 * @throws UserError naming the file when it is missing, corrupt or truncated, or has no frame of a wanted number
 * @example for await (const { number, image } of readVideoFrames('clip.mp4', [1, 30])) …
 */
export async function* readVideoFrames(
  path: string,
  numbers?: readonly number[],
): AsyncGenerator<{ number: number; image: RgbImage }> {
  if (numbers?.length === 0) return;
  yield* (await openVideo(path)).frames(numbers);
}

/**
 * Size, rate, length, number of frames and colours of a video.
 *
 * @throws UserError as `openVideo`
 */
export async function probeVideo(path: string): Promise<ProbedVideo> {
  return (await openVideo(path)).info;
}

async function* decodeFrames(
  path: string,
  stream: VideoStream,
  found: FrameStamps,
  numbers: readonly number[] = found.stamps.map((_, i) => i + 1),
): AsyncGenerator<{ number: number; image: RgbImage }> {
  let wanted = [...new Set(numbers)].sort((a, b) => a - b);
  if (wanted.length === 0) return;
  requireNumbers(path, wanted, found.stamps.length);
  let last = 0;
  try {
    for await (const frame of decodeOnce(path, stream, found, wanted)) {
      last = frame.number;
      yield frame;
    }
  } catch (error) {
    wanted = wanted.filter((number) => number > last);
    if (!(error instanceof UserError) || wanted.length === 0) throw error;
    // What was on its way through ffmpeg when it ended is not lost with a single thread that goes on: the first frame
    // that does not come is the damaged one. Frames that are known by their place alone could be others by then.
    if (found.distinct) yield* upToDamage(decodeOnce(path, stream, found, wanted, goOn));
    throw error;
  }
}

/** A damaged picture does not come out at all, instead of patched up. */
const goOn = ['-threads', '1', '-err_detect', 'explode'];

async function* upToDamage<T>(frames: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* frames;
  } catch (error) {
    // It is known what is wrong with the file.
    if (!(error instanceof UserError)) throw error;
  }
}

/** @param wanted ascending */
async function* decodeOnce(
  path: string,
  stream: VideoStream,
  { stamps, distinct }: FrameStamps,
  wanted: readonly number[],
  flags: readonly string[] = endAtErrors,
): AsyncGenerator<{ number: number; image: RgbImage }> {
  // Frames are known by their stamps, which no change of size within the stream resets; or else by counting all.
  const runs: Run[] = distinct ? runsToSend(wanted) : [[1, wanted[wanted.length - 1]]];
  const sent = runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const select = distinct ? `select='${withinRuns(runs, (number) => stamps[number - 1])}',` : '';
  const reports: ShownFrame[] = [];
  const { child, ended, stop } = startFfmpeg(
    [
      ...[...decodeFlags, ...flags, '-i', `file:${path}`, ...everyFrameOf(stream), ...ownSize],
      ...['-vf', `${select}${showinfo}`, '-frames:v', String(sent)],
      ...['-f', 'rawvideo', '-pix_fmt', stream.pixelFormat, 'pipe:1'],
    ],
    (line) => {
      const report = shownFrame(line);
      if (report) reports.push(report);
    },
  );
  try {
    const picture = new PictureReader(child.stdout);
    const silent = once(child.stderr, 'end');
    silent.catch(() => {});
    const left = new Set(wanted);
    for (const number of numbersOf(runs)) {
      // A report is written before its picture: once there are bytes, it is on its way.
      if (!(await picture.hasMore())) break;
      // Not until the process is gone: what it last said may still be in the pipe.
      while (reports.length === 0 && !child.stderr.readableEnded) {
        await Promise.race([once(child.stderr, 'data'), silent]);
      }
      const report = reports.shift();
      if (!report) break;
      const { stamp, width, height } = report;
      if (distinct && stamp !== stamps[number - 1]) {
        throw videoError(path, `the decoder gives no frame ${number} of ${stamps.length}`);
      }
      const bytes = await picture.read(pictureBytes(stream, width, height));
      if (bytes === null) break;
      if (left.delete(number)) yield { number, image: toRgb(bytes, stream, width, height) };
    }
    const { status, complaint } = await ended;
    if (status !== 0 || endsEarly(complaint)) throw videoError(path, complaint);
    for (const number of left) {
      throw videoError(path, `the decoder gives no frame ${number} of ${stamps.length}`);
    }
  } finally {
    await stop();
  }
}

function requireNumbers(path: string, wanted: readonly number[], frameCount: number): void {
  for (const number of wanted) {
    if (!(Number.isInteger(number) && number >= 1)) {
      throw new UserError(`frames of ${path} are numbered from 1`, { received: String(number) });
    }
    if (number > frameCount) {
      throw new UserError(`${path} has no frame ${number}`, { received: `a video of ${frameCount} frames` });
    }
  }
}

/** Cuts a pipe into pictures, whose sizes may differ. */
class PictureReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #picture = new Uint8Array();

  constructor(pipe: AsyncIterable<Uint8Array>) {
    this.#chunks = pipe[Symbol.asyncIterator]();
  }

  async hasMore(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
    }
    return true;
  }

  /** The next so many bytes, good until the next call; null where the pipe ends before. */
  async read(length: number): Promise<Uint8Array | null> {
    if (this.#picture.length !== length) this.#picture = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      if (!(await this.hasMore())) return null;
      const part = this.#chunk.subarray(0, length - filled);
      this.#picture.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return this.#picture;
  }
}

function pictureBytes({ layout }: VideoStream, width: number, height: number): number {
  if (!layout) return width * height * 3;
  const chroma = Math.ceil(width / layout.columns) * Math.ceil(height / layout.rows);
  return (width * height + 2 * chroma) * (layout.bits > 8 ? 2 : 1);
}

function toRgb(bytes: Uint8Array, stream: VideoStream, width: number, height: number): RgbImage {
  const { layout, display } = stream;
  if (!layout) return upright({ width, height, data: bytes.slice() }, display);
  const values = layout.bits > 8 ? new Uint16Array(bytes.buffer, 0, bytes.length >> 1) : bytes;
  const luma = width * height;
  const chroma = (values.length - luma) >> 1;
  const planes = {
    y: values.subarray(0, luma),
    u: values.subarray(luma, luma + chroma),
    v: values.subarray(luma + chroma),
  };
  return upright(yuvToRgb(planes, { ...stream, width, height, layout }), display);
}

/**
 * Extracts every frame of a video as `<folder>/00001.png`, `00002.png`, … as the A2D challenge did. The folder is
 * complete or absent. Rotation is obeyed; pixels stay as they are stored, since annotations are drawn on those.
 *
 * @returns the number of frames
 * @throws UserError naming the file when it is missing, corrupt or truncated, or when the disk is full
 */
export async function extractFrames(video: string, folder: string): Promise<number> {
  const stream = await probeStream(video);
  let frameCount = 0;
  await writeFolderAtomic(folder, async (temporary) => {
    const { child, ended } = startFfmpeg([
      ...['-xerror', '-threads', '1', '-i', `file:${video}`, ...everyFrameOf(stream)],
      ...['-pix_fmt', 'rgb24', '-start_number', '1', `${temporary}/%05d.png`],
    ]);
    child.stdout.resume();
    const { status, complaint } = await ended;
    if (/no space left/i.test(complaint)) throw Object.assign(new Error(complaint), { code: 'ENOSPC' });
    frameCount = (await readdir(temporary)).length;
    if (status !== 0 || frameCount === 0 || endsEarly(complaint)) throw videoError(video, complaint);
  });
  return frameCount;
}
