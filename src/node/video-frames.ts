import { readdir } from 'node:fs/promises';
import { UserError } from '../core/errors.ts';
import { yuv420ToRgb } from '../image/colour.ts';
import type { RgbImage } from '../image/image.ts';
import { writeFolderAtomic } from './atomic-folder.ts';
import { startFfmpeg } from './ffmpeg.ts';
import { probeStream, videoError } from './video-info.ts';

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
