import { stat } from 'node:fs/promises';
import { reasonOf, UserError } from '../core/errors.ts';
import { type VideoColour, videoColour } from '../image/colour.ts';
import { requireFfmpeg, run } from './ffmpeg.ts';

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
export function videoError(path: string, complaint: string, cause?: unknown): UserError {
  const line = complaint
    .split('\n')
    .map((text) =>
      text
        .replace(/^\[[^\]]*\]\s*/, '')
        .replace(`${path}: `, '')
        .replace(/^file:/, ''),
    )
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
}

/** What ffprobe tells of a stream and of its packets. */
interface Probe {
  streams?: ProbedStream[];
  packets?: { flags: string }[];
}

export async function probeStream(path: string): Promise<VideoInfo & { pixelFormat: string }> {
  await requireFile(path);
  await requireFfmpeg();
  const fields = 'width,height,pix_fmt,color_space,color_range,avg_frame_rate';
  const entries = ['-show_entries', `stream=${fields}:packet=flags`, '-of', 'json=compact=1'];
  let probe: Probe;
  try {
    const flags = ['-v', 'error', '-select_streams', 'v:0', ...entries, `file:${path}`];
    const { stdout } = await run('ffprobe', flags, { maxBuffer: 2 ** 28 });
    probe = JSON.parse(stdout);
  } catch (error) {
    throw videoError(path, (error as { stderr?: string }).stderr ?? reasonOf(error), error);
  }
  const [stream] = probe.streams ?? [];
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
    frameCount: probe.packets?.filter(isShown).length ?? 0,
    ...colour,
    // The "yuvj" name keeps ffmpeg from squeezing full range into limited.
    pixelFormat: source.startsWith('yuvj') ? 'yuvj420p' : 'yuv420p',
  };
}

/** A clip that was cut without encoding it anew carries frames from before the cut, decoded but never shown: D. */
function isShown({ flags }: { flags: string }): boolean {
  return !flags.includes('D');
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
