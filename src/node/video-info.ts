import { stat } from 'node:fs/promises';
import { reasonOf, UserError } from '../core/errors.ts';
import { refuseWide, type VideoColour, videoColour, type YuvLayout, yuv420 } from '../image/colour.ts';
import { type Display, displayOf } from '../image/display.ts';
import { requireFfmpeg, run } from './ffmpeg.ts';

/** A video's stream as it is stored. */
export interface VideoStream extends VideoColour {
  /** Its number in the file. */
  readonly index: number;
  readonly codec: string;
  /** ffprobe's names of the container. */
  readonly container: string;
  /** The pixel format to take from ffmpeg: the stream's own where that is planar YCbCr. */
  readonly pixelFormat: string;
  /** Null for RGB. */
  readonly layout: YuvLayout | null;
  readonly width: number;
  readonly height: number;
  readonly display: Display;
  readonly interlaced: boolean;
  readonly ticksPerSecond: number;
  /** The rate that the stream is made for, where it says so. Frames may come at another. */
  readonly nominalRate: number | null;
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
        .replace(/^(\[[^\]]*\]\s*)+/, '')
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

/** Runs ffprobe on a file. @throws UserError with its complaint */
export async function probe<Answer>(path: string, flags: readonly string[]): Promise<Answer> {
  try {
    const all = ['-v', 'error', ...flags, '-of', 'json=compact=1', `file:${path}`];
    const { stdout } = await run('ffprobe', all, { maxBuffer: 2 ** 29 });
    return JSON.parse(stdout);
  } catch (error) {
    throw videoError(path, (error as { stderr?: string }).stderr ?? reasonOf(error), error);
  }
}

interface ProbedStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  color_space?: string;
  color_range?: string;
  color_transfer?: string;
  color_primaries?: string;
  sample_aspect_ratio?: string;
  field_order?: string;
  time_base: string;
  r_frame_rate?: string;
  disposition?: { default?: number; attached_pic?: number };
  side_data_list?: { displaymatrix?: string; dv_profile?: number }[];
}

const streamFields = [
  ...['index', 'codec_type', 'codec_name', 'width', 'height', 'pix_fmt', 'time_base', 'r_frame_rate'],
  ...[
    'color_space',
    'color_range',
    'color_transfer',
    'color_primaries',
    'sample_aspect_ratio',
    'field_order',
  ],
];

/**
 * The video stream of a file that players show: the first that is marked as the default, else the first; cover
 * pictures are none.
 *
 * @throws UserError naming the file when it is missing, unreadable or has no video, or colours that need tone mapping
 */
export async function probeStream(path: string): Promise<VideoStream> {
  await requireFile(path);
  await requireFfmpeg();
  const entries = `stream=${streamFields.join(',')}:stream_disposition:stream_side_data:format=format_name`;
  const { streams, format } = await probe<{ streams: ProbedStream[]; format: { format_name: string } }>(
    path,
    ['-show_entries', entries],
  );
  const videos = streams.filter(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (streams.length === 0) throw videoError(path, 'it has no streams');
  const stream = videos.find(({ disposition }) => disposition?.default === 1) ?? videos[0];
  if (!stream) {
    const kinds = streams.map(({ codec_type, codec_name }) =>
      codec_type === 'video' ? `a cover picture (${codec_name})` : `${codec_type} (${codec_name})`,
    );
    throw new UserError(`there is no video in ${path}`, { received: kinds.join(' and ') });
  }
  if (!stream.width || !stream.height) throw videoError(path, 'its video stream has no pictures');
  return describe(path, stream, format.format_name);
}

function describe(path: string, stream: ProbedStream, container: string): VideoStream {
  const { width = 0, height = 0, pix_fmt: source = '', side_data_list: extras = [] } = stream;
  refuseWide(
    {
      transfer: stream.color_transfer,
      primaries: stream.color_primaries,
      matrix: stream.color_space,
    },
    path,
  );
  // Profile 5 has colours of its own that nothing else names.
  if (extras.some(({ dv_profile }) => dv_profile === 5)) refuseWide({ transfer: 'pq' }, path);
  // Grey counts as RGB of three equal values.
  const rgb = /^(0?rgb|0?bgr|gbr|argb|abgr|x2rgb|x2bgr|pal8|gray|mono|ya)/.test(source);
  const planar = /^yuvj?4(20|22|44)p(10|12)?(le)?$/.exec(source);
  const layout =
    planar &&
    ({
      bits: planar[2] === '10' ? 10 : planar[2] === '12' ? 12 : 8,
      columns: planar[1] === '44' ? 1 : 2,
      rows: planar[1] === '20' ? 2 : 1,
    } as const);
  const colour = videoColour({
    height,
    matrix: stream.color_space,
    fullRange: source.startsWith('yuvj') || stream.color_range === 'pc',
  });
  const [num, den] = ratio(stream.time_base) ?? [1, 1];
  const rate = ratio(stream.r_frame_rate);
  const pixel = ratio(stream.sample_aspect_ratio?.replace(':', '/'));
  const matrix = extras.find(({ displaymatrix }) => displaymatrix)?.displaymatrix;
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    container,
    pixelFormat: rgb ? 'rgb24' : planar ? source : 'yuv420p',
    layout: rgb ? null : (layout ?? yuv420),
    width,
    height,
    ...colour,
    display: displayOf(matrix ? matrixNumbers(matrix) : [1, 0, 0, 1], pixel ? pixel[0] / pixel[1] : 1),
    interlaced: !['progressive', 'unknown', undefined].includes(stream.field_order),
    ticksPerSecond: den / num,
    nominalRate: rate && rate[0] / rate[1],
  };
}

/** Both above zero, or null: ffprobe writes 0/0 and 0:1 for what it does not know. */
function ratio(text: string | undefined): [number, number] | null {
  const [numerator, denominator] = (text ?? '').split('/').map(Number);
  return numerator > 0 && denominator > 0 ? [numerator, denominator] : null;
}

/** The upper left 2 × 2 of ffprobe's matrix, which is three lines of an offset and three numbers. */
function matrixNumbers(text: string): number[] {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.replace(/^.*:/, '').trim().split(/\s+/).map(Number));
  return [...rows[0].slice(0, 2), ...rows[1].slice(0, 2)];
}
