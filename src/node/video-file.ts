import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { reasonOf, UserError } from '../core/errors.ts';
import { type VideoColour, videoColour, yuv420ToRgb } from '../image/colour.ts';
import type { RgbImage } from '../image/image.ts';
import { writeFolderAtomic } from './atomic-file.ts';
import { type FfmpegChild, requireFfmpeg, run, startFfmpeg } from './ffmpeg.ts';

export { findFfmpeg } from './ffmpeg.ts';

/** A video's first video stream. The size is the coded one: rotation tags are ignored, here and in browsers. */
export interface VideoInfo extends VideoColour {
  readonly width: number;
  readonly height: number;
  /** Average frames a second. */
  readonly fps: number;
  readonly frameCount: number;
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new UserError(`there is no video file ${path}`);
}

/** ffmpeg's complaint without its own prefixes, and the remedy. */
function videoError(path: string, complaint: string, cause?: unknown): UserError {
  const line = complaint
    .split('\n')
    .map((text) => text.replace(/^\[[^\]]*\]\s*/, '').replace(`${path}: `, ''))
    .find((text) => text.trim() !== '');
  return new UserError(`cannot decode ${path}`, {
    received: line?.slice(0, 200) ?? 'no reason from ffmpeg',
    remedy: 'the file is corrupt, truncated or no video: get it again',
    cause,
  });
}

interface ProbedStream {
  width?: number;
  height?: number;
  pix_fmt?: string;
  color_space?: string;
  color_range?: string;
  avg_frame_rate?: string;
  nb_read_packets?: string;
}

async function probeStream(path: string): Promise<VideoInfo & { pixelFormat: string }> {
  await requireFile(path);
  await requireFfmpeg();
  const fields = 'width,height,pix_fmt,color_space,color_range,avg_frame_rate,nb_read_packets';
  const flags = ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-of', 'json'];
  let stream: ProbedStream | undefined;
  try {
    const { stdout } = await run('ffprobe', [...flags, '-show_entries', `stream=${fields}`, `file:${path}`]);
    stream = (JSON.parse(stdout) as { streams?: ProbedStream[] }).streams?.[0];
  } catch (error) {
    throw videoError(path, (error as { stderr?: string }).stderr ?? reasonOf(error), error);
  }
  if (!stream?.width || !stream.height) throw videoError(path, 'it has no video stream');

  const source = stream.pix_fmt ?? '';
  // ffmpeg turns RGB and grey into BT.601 limited range when asked for yuv420p; everything else keeps its own.
  const fromRgb = /^(0?rgb|0?bgr|gbr|argb|abgr|x2rgb|x2bgr|pal8|gray|mono|ya)/.test(source);
  const fullRange = !fromRgb && (source.startsWith('yuvj') || stream.color_range === 'pc');
  const colour = videoColour({
    height: stream.height,
    matrix: fromRgb ? 'smpte170m' : stream.color_space,
    fullRange,
  });
  const [numerator, denominator] = (stream.avg_frame_rate ?? '0/1').split('/').map(Number);
  return {
    width: stream.width,
    height: stream.height,
    fps: denominator ? numerator / denominator : 0,
    frameCount: Number(stream.nb_read_packets ?? 0),
    ...colour,
    // The "yuvj" name keeps ffmpeg from squeezing full range into limited.
    pixelFormat: source.startsWith('yuvj') ? 'yuvj420p' : 'yuv420p',
  };
}

/**
 * Size, rate, number of frames and colours of a video's first video stream.
 *
 * @throws UserError naming the file when it is missing, no video or unreadable, or when ffmpeg is missing
 */
export async function probeVideo(path: string): Promise<VideoInfo> {
  const { pixelFormat: _, ...info } = await probeStream(path);
  return info;
}

/** Every frame as the decoder gives it, none doubled or dropped to please a clock; damage is an error. */
const decodeFlags = ['-xerror', '-noautorotate'];
const everyFrame = ['-map', '0:v:0', '-fps_mode', 'passthrough'];

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

/** ffmpeg's expression that is true within one of the runs (its own count starts at 0), as a search tree. */
function withinRuns(runs: readonly Run[]): string {
  if (runs.length === 1) return `between(n,${runs[0][0] - 1},${runs[0][1] - 1})`;
  const middle = runs.length >> 1;
  const [below, above] = [runs.slice(0, middle), runs.slice(middle)].map(withinRuns);
  return `if(lt(n,${runs[middle][0] - 1}),${below},${above})`;
}

/** Lets those frames through, and ends ffmpeg's work after the last. */
function selectFlags(runs: readonly Run[]): string[] {
  const count = runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  return ['-vf', `select='${withinRuns(runs)}'`, '-frames:v', String(count)];
}

function* numbersOf(runs: readonly Run[]): Generator<number, undefined> {
  for (const [first, last] of runs) for (let number = first; number <= last; number++) yield number;
}

/**
 * Decodes a video as a stream: one frame in memory at a time, and ffmpeg is stopped when the consumer stops.
 * Frames are numbered from 1 in display order, exactly as they are stored: no rate conversion, no rotation.
 * Colours are converted by `yuv420ToRgb`, so browsers get the same bytes from the same decoder output.
 *
 * @param numbers the frames wanted; they come sorted and once each. Default: all
 * @throws UserError naming the file when it is missing, corrupt or truncated, or has no frame of a wanted number
 * @example for await (const { number, image } of readVideoFrames('clip.mp4', [1, 30])) …
 */
export async function* readVideoFrames(
  path: string,
  numbers?: readonly number[],
): AsyncGenerator<{ number: number; image: RgbImage }> {
  const wanted = numbers && [...new Set(numbers)].sort((a, b) => a - b);
  if (wanted?.length === 0) return;
  if (wanted && !(Number.isInteger(wanted[0]) && wanted[0] >= 1)) {
    throw new UserError(`frames of ${path} are numbered from 1`, { received: String(wanted[0]) });
  }
  const runs: Run[] = wanted ? runsToSend(wanted) : [[1, Number.POSITIVE_INFINITY]];
  const info = await probeStream(path);
  const { width, height } = info;
  const lumaSize = width * height;
  const chromaSize = ((width + 1) >> 1) * ((height + 1) >> 1);
  const frameSize = lumaSize + 2 * chromaSize;
  const { child, ended } = startFfmpeg([
    ...decodeFlags,
    ...['-i', `file:${path}`, ...everyFrame, ...(wanted ? selectFlags(runs) : [])],
    ...['-f', 'rawvideo', '-pix_fmt', info.pixelFormat, 'pipe:1'],
  ]);
  try {
    const frame = new Uint8Array(frameSize);
    let filled = 0;
    const sent = numbersOf(runs);
    const missing = new Set(wanted);
    let count = 0;
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
      for (let used = 0; used < chunk.length; ) {
        const part = chunk.subarray(used, used + frameSize - filled);
        frame.set(part, filled);
        filled += part.length;
        used += part.length;
        if (filled < frameSize) continue;
        filled = 0;
        count++;
        const number = sent.next().value as number;
        if (wanted && !missing.delete(number)) continue;
        const planes = {
          y: frame.subarray(0, lumaSize),
          u: frame.subarray(lumaSize, lumaSize + chromaSize),
          v: frame.subarray(lumaSize + chromaSize),
        };
        yield { number, image: yuv420ToRgb(planes, info) };
      }
    }
    const { status, complaint } = await ended;
    if (status !== 0 || filled > 0 || endsEarly(complaint)) throw videoError(path, complaint);
    if (count === 0 && !wanted) throw videoError(path, 'it has no frames');
    for (const number of missing) {
      throw new UserError(`${path} has no frame ${number}`, {
        received: `a video of ${info.frameCount} frames`,
      });
    }
  } finally {
    child.kill('SIGKILL');
  }
}

/**
 * Writes frames as an H.264 MP4 (4:2:0, BT.601 limited range, tagged so), every frame once and in order. The same
 * frames give the same bytes with the same ffmpeg. Give it a temporary name (`writeFolderAtomic`) where a reader
 * may look before it is done.
 *
 * With `framesPerFile` it writes a series of videos of so many frames each, `path` being a name with `%05d` for
 * their number from 1: for a small clip, starting ffmpeg costs more than encoding.
 *
 * @throws UserError when ffmpeg or its libx264 is missing, a side is odd, or the frames differ in size
 */
export async function writeVideo(
  path: string,
  frames: Iterable<RgbImage> | AsyncIterable<RgbImage>,
  { fps, framesPerFile }: { fps: number; framesPerFile?: number },
): Promise<void> {
  await requireFfmpeg();
  let encoder: FfmpegChild | undefined;
  let size = { width: 0, height: 0 };
  try {
    for await (const { width, height, data } of frames) {
      if (!encoder) {
        if (width % 2 || height % 2) {
          throw new UserError('an MP4 frame needs even sides', {
            received: `${width}×${height} for ${path}`,
          });
        }
        size = { width, height };
        encoder = startFfmpeg([
          ...[
            '-f',
            'rawvideo',
            '-pix_fmt',
            'rgb24',
            '-s',
            `${width}x${height}`,
            '-r',
            String(fps),
            '-i',
            'pipe:0',
          ],
          ...['-vf', 'scale=out_color_matrix=bt601:out_range=tv:flags=bicubic+accurate_rnd'],
          ...['-colorspace', 'smpte170m', '-color_range', 'tv', '-pix_fmt', 'yuv420p'],
          ...['-c:v', 'libx264', '-preset', 'fast', '-crf', '18', '-threads', '1'],
          ...['-fflags', '+bitexact', '-flags:v', '+bitexact'],
          ...(framesPerFile ? seriesFlags(framesPerFile, fps) : ['-movflags', '+faststart']),
          ...['-y', `file:${framesPerFile ? seriesPattern(path) : path}`],
        ]);
      }
      if (width !== size.width || height !== size.height) {
        throw new UserError(`the frames of ${path} must have one size`, {
          received: `${width}×${height} after ${size.width}×${size.height}`,
        });
      }
      if (!encoder.child.stdin.write(data)) {
        await Promise.race([once(encoder.child.stdin, 'drain'), encoder.ended]);
      }
    }
    if (!encoder) throw new UserError(`a video needs at least one frame: ${path} was not written`);
    encoder.child.stdin.end();
    const { status, complaint } = await encoder.ended;
    if (status !== 0) {
      throw new UserError(`ffmpeg could not write ${path}`, { received: complaint.split('\n', 1)[0] });
    }
  } finally {
    encoder?.child.kill('SIGKILL');
  }
}

/** A key frame every `framesPerFile` frames and nowhere else, and a new file at each. */
function seriesFlags(framesPerFile: number, fps: number): string[] {
  const every = String(framesPerFile);
  return [
    ...['-g', every, '-keyint_min', every, '-sc_threshold', '0', '-bf', '0'],
    // A file ends at the first key frame after this time, which half a frame's slack keeps clear of rounding.
    ...['-f', 'segment', '-segment_time', String((framesPerFile - 0.5) / fps), '-segment_start_number', '1'],
    ...['-reset_timestamps', '1', '-segment_format_options', 'movflags=+faststart'],
  ];
}

/** The path with every % but the number's doubled, as the series' pattern wants them. */
function seriesPattern(path: string): string {
  return path.replace(/%(?!05d[^/\\]*$)/g, '%%');
}

/**
 * Extracts every frame of a video as `<folder>/00001.png`, `00002.png`, … as the A2D challenge did. The folder is
 * complete or absent.
 *
 * @returns the number of frames
 * @throws UserError naming the file when it is missing, corrupt or truncated, or when the disk is full
 */
export async function extractFrames(video: string, folder: string): Promise<number> {
  await probeStream(video);
  let frameCount = 0;
  await writeFolderAtomic(folder, async (temporary) => {
    const { child, ended } = startFfmpeg([
      ...[...decodeFlags, '-threads', '1', '-i', `file:${video}`, ...everyFrame],
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
