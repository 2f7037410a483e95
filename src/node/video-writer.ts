import { once } from 'node:events';
import { UserError } from '../core/errors.ts';
import type { RgbImage } from '../image/image.ts';
import { type FfmpegChild, requireFfmpeg, startFfmpeg } from './ffmpeg.ts';

/**
 * Writes frames as an H.264 MP4 (4:2:0, BT.601 limited range, tagged so), every frame once and in order; as MPEG-4
 * part 2 in AVI where the path ends in `.avi`. The same frames give the same bytes with the same ffmpeg. Give it a
 * temporary name (`writeFolderAtomic`) where a reader may look before it is done.
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
          ...(/\.avi$/.test(path) ? aviFlags : h264Flags),
          ...['-fflags', '+bitexact', '-flags:v', '+bitexact'],
          ...containerFlags(path, fps, framesPerFile),
          ...['-y', `file:${framesPerFile ? seriesPattern(path) : path}`],
        ]);
      }
      if (width !== size.width || height !== size.height) {
        throw new UserError(`the frames of ${path} must have one size`, {
          received: `${width}×${height} after ${size.width}×${size.height}`,
        });
      }
      const { stdin } = encoder.child;
      if (!stdin.write(data)) await Promise.race([once(stdin, 'drain').catch(() => {}), encoder.ended]);
      // It gave up: why, it says when it is gone.
      if (stdin.destroyed) break;
    }
    if (!encoder) throw new UserError(`a video needs at least one frame: ${path} was not written`);
    encoder.child.stdin.end();
    const { status, complaint } = await encoder.ended;
    if (status !== 0) {
      throw new UserError(`ffmpeg could not write ${path}`, { received: complaint.split('\n', 1)[0] });
    }
  } finally {
    await encoder?.stop();
  }
}

const h264Flags = ['-c:v', 'libx264', '-preset', 'fast', '-crf', '18', '-threads', '1'];

/** B-frames, which AVI has no good place for, are off by default. */
const aviFlags = ['-c:v', 'mpeg4', '-q:v', '3', '-threads', '1'];

function containerFlags(path: string, fps: number, framesPerFile: number | undefined): string[] {
  if (framesPerFile) return seriesFlags(framesPerFile, fps);
  return /\.avi$/.test(path) ? [] : ['-movflags', '+faststart'];
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
