import { startFfmpeg } from './ffmpeg.ts';
import { probe, type VideoStream, videoError } from './video-info.ts';

/** The time stamps of the frames that a stream's decoder gives, in order of display. */
export interface FrameStamps {
  /** Ticks, ascending. */
  readonly stamps: readonly number[];
  /** Ticks that an only frame is shown; 0 where the container does not say. */
  readonly onlyLength: number;
  /**
   * Whether each frame has a stamp of its own, by which it is known. Where not, frames are counted as they are decoded.
   */
  readonly distinct: boolean;
}

/** A frame as ffmpeg's showinfo filter reports it. */
export interface ShownFrame {
  /** Null where the stream has none. */
  readonly stamp: number | null;
  readonly width: number;
  readonly height: number;
}

/** Reads showinfo's line on a frame; null for any other line. */
export function shownFrame(line: string): ShownFrame | null {
  const found = /^\[Parsed_showinfo_\d+ @ \w+\] \[info\] n: *\d+ pts: *(-?\d+|NOPTS).* s:(\d+)x(\d+) /.exec(
    line,
  );
  if (!found) return null;
  const [, stamp, width, height] = found;
  return { stamp: stamp === 'NOPTS' ? null : Number(stamp), width: Number(width), height: Number(height) };
}

/** The filter that reports frames, without sums over their pixels. */
export const showinfo = 'showinfo=checksum=0';

/** Containers that store a stamp with every frame, one frame a packet; in others it is guessed, or wraps around. */
const exactContainers = /^(mov,mp4|matroska)/;
/** Of these codecs every packet is one frame on the screen. VP8 and VP9 have packets that only later ones refer to. */
const exactCodecs = new Set(['h264', 'hevc', 'av1', 'mjpeg', 'prores', 'ffv1', 'png', 'rawvideo']);

/** Decoded to see whether packets are to be believed: where they are not, it shows at the start. */
const headLength = 32;

/**
 * When a stream's frames are shown. Packets tell it in a moment where they can be trusted: an exact container and
 * codec, a stamp for each, a start with a picture that needs no other, and a decoder that agrees on the first ones.
 * Elsewhere the stream is decoded once more than its pictures need, as only the decoder knows what it shows (hidden
 * frames, lost references, guessed stamps).
 *
 * @throws UserError naming the file when it cannot be decoded, or has no frames
 */
export async function frameStamps(path: string, stream: VideoStream): Promise<FrameStamps> {
  const packets = exactContainers.test(stream.container) ? await packetsOf(path, stream) : [];
  const told = exactCodecs.has(stream.codec) && !stream.interlaced ? stampsOf(packets) : null;
  const agreed = told && (await decoderAgrees(path, stream, told)) ? told : null;
  const { stamps, distinct } = agreed
    ? { stamps: agreed, distinct: true }
    : stampsOfFrames(await decodedFrames(path, stream), stream);
  if (stamps.length === 0) throw videoError(path, 'it has no frames');
  return { stamps, distinct, onlyLength: packets.at(0)?.duration ?? 0 };
}

interface Packet {
  pts?: number;
  duration?: number;
  flags: string;
}

async function packetsOf(path: string, stream: VideoStream): Promise<Packet[]> {
  const entries = ['-show_entries', 'packet=pts,duration,flags'];
  return (await probe<{ packets: Packet[] }>(path, ['-select_streams', String(stream.index), ...entries]))
    .packets;
}

/** The stamps of the packets that are shown, or null where it takes a decoder to know them. */
function stampsOf(packets: readonly Packet[]): number[] | null {
  // A clip that was cut without encoding it anew carries frames from outside the cut, decoded but never shown: D.
  const shown = packets.filter(({ flags }) => !flags.includes('D'));
  const stamps = shown.flatMap(({ pts }) => pts ?? []).sort((a, b) => a - b);
  const complete = stamps.length === shown.length && stamps.length > 0 && isAscending(stamps);
  const first = packets.at(0);
  if (!complete || !first?.flags.includes('K') || first.pts === undefined) return null;
  // Pictures that are shown before the first whole one refer to what is not there, and are dropped by the decoder.
  return stamps[0] < first.pts ? null : stamps;
}

function isAscending(stamps: readonly number[]): boolean {
  return stamps.every((stamp, i) => i === 0 || stamp > stamps[i - 1]);
}

async function decoderAgrees(path: string, stream: VideoStream, told: readonly number[]): Promise<boolean> {
  const head = await decodedFrames(path, stream, headLength);
  const count = Math.min(headLength, told.length);
  return head.length === count && head.every(({ stamp }, i) => stamp === told[i]);
}

function stampsOfFrames(frames: readonly ShownFrame[], stream: VideoStream) {
  const stamps = frames.flatMap(({ stamp }) => stamp ?? []);
  return stamps.length === frames.length && isAscending(stamps)
    ? { stamps, distinct: true }
    : { stamps: mended(frames, stream), distinct: false };
}

/** What the decoder shows: of all frames, or of the first so many. */
async function decodedFrames(path: string, stream: VideoStream, limit?: number): Promise<ShownFrame[]> {
  const frames: ShownFrame[] = [];
  const { child, ended } = startFfmpeg(
    [
      // Only the clock is wanted: what makes pixels right is left out where the codec lets us.
      ...['-skip_loop_filter', 'all', '-skip_idct', 'all', ...endAtErrors, ...decodeFlags],
      ...['-i', `file:${path}`, ...everyFrameOf(stream), ...ownSize, '-vf', showinfo],
      ...(limit ? ['-frames:v', String(limit)] : []),
      ...['-f', 'null', '-'],
    ],
    (line) => {
      const frame = shownFrame(line);
      if (frame) frames.push(frame);
    },
  );
  child.stdout.resume();
  const { status, complaint } = await ended;
  if (status !== 0) throw videoError(path, complaint);
  // Filters may run ahead of what is written.
  return frames.slice(0, limit);
}

/** Stamps that go backwards or are missing: a frame is shown no earlier than the one before it. */
function mended(frames: readonly ShownFrame[], { nominalRate, ticksPerSecond }: VideoStream): number[] {
  const step = nominalRate ? ticksPerSecond / nominalRate : 1;
  if (frames.every(({ stamp }) => stamp === null)) return frames.map((_, i) => i * step);
  let latest = frames.find(({ stamp }) => stamp !== null)?.stamp ?? 0;
  return frames.map(({ stamp }) => {
    latest = Math.max(latest, stamp ?? latest + step);
    return latest;
  });
}

/** Every frame as the decoder gives it and with its own stamp; damage is an error. */
export const decodeFlags = ['-noautorotate', '-copyts'];

/** ffmpeg ends at the first error. What it has decoded by then comes out only in part, and not always the same. */
export const endAtErrors = ['-xerror'];

/** The stream's frames, none doubled or dropped to please a clock. */
export function everyFrameOf({ index }: VideoStream): string[] {
  return ['-map', `0:${index}`, '-fps_mode', 'passthrough'];
}

/** Each at its own size, where that changes within the stream. */
export const ownSize = ['-autoscale', '0'];
