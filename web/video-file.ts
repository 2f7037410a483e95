import {
  ALL_FORMATS,
  BlobSource,
  type EncodedPacket,
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  IsobmffInputFormat,
  type VideoSample,
  VideoSampleSink,
} from 'mediabunny';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { matroskaHead, matroskaLength } from '../src/core/matroska-length.ts';
import { type Timeline, timelineOf } from '../src/core/timeline.ts';
import { refuseWide, videoColour, type YuvLayout, yuvToRgb } from '../src/image/colour.ts';
import { type Display, displayOf, displaySize, upright } from '../src/image/display.ts';
import type { RgbImage } from '../src/image/image.ts';
import { shownPart, wholeTrack } from './edit-list.ts';
import { withoutAlpha } from './image-file.ts';

/** One decoded frame. */
export interface VideoFrameImage {
  /** 1-based, in display order. */
  readonly number: number;
  readonly image: RgbImage;
}

/** A video file as players show it, upright and with square pixels, decoded by the browser. */
export interface VideoFile {
  readonly width: number;
  readonly height: number;
  /** Width over height. */
  readonly displayAspect: number;
  /** Frames a second on the mean; null where a single frame has no length. */
  readonly fps: number | null;
  /** Seconds from the first frame to the end of the last one. */
  readonly duration: number;
  /** Frames that are shown. */
  readonly frameCount: number;
  /** When each of them is shown. */
  readonly timeline: Timeline;
  /** The frames of the wanted numbers, sorted, once each. @throws UserError when the decoder stops early */
  frames(numbers: readonly number[]): AsyncGenerator<VideoFrameImage>;
  /** Lets go of the file and the decoder. */
  close(): void;
}

/**
 * Opens a video for decoding: MP4, MOV, WebM, MKV and MPEG-TS with the codecs that the browser decodes. Of several
 * video tracks it takes the first that is marked as the default, else the first.
 *
 * @param name how to call the file in an error
 * @throws UserError when it is no video, is truncated, has a codec that the browser does not decode, colours that need
 *   tone mapping, or an edit list of several parts
 */
export async function openVideo(source: Blob, name: string): Promise<VideoFile> {
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(source) });
  const unreadable = (received: string, cause?: unknown) =>
    new UserError(`${name} cannot be decoded as a video`, {
      received,
      remedy: 'choose another file or convert it to MP4 (H.264)',
      cause,
    });
  try {
    await requireWhole(source, name);
    const track = await defaultTrack(input, name);
    if (!(await track.canDecode())) {
      throw unreadable(
        `${(await track.getCodec()) ?? 'an unknown codec'}, which this browser does not decode`,
      );
    }
    refuseWide(await track.getColorSpace(), name);
    const { decoded, timeline } = await shownFrames(input, track, source, name, unreadable);
    const display = await displayOfTrack(track);
    const size = displaySize(await track.getCodedWidth(), await track.getCodedHeight(), display);
    return {
      ...size,
      displayAspect: size.width / size.height,
      fps: timeline.fps,
      duration: timeline.duration,
      frameCount: timeline.times.length,
      timeline,
      frames: (numbers) => decodeFrames(track, decoded, display, numbers, name),
      close: () => input.dispose(),
    };
  } catch (cause) {
    input.dispose();
    throw cause instanceof UserError ? cause : unreadable(reasonOf(cause), cause);
  }
}

/** Cut where a cluster ends, a WebM reads like a shorter one. What lacks its end in other places the decoder notices. */
async function requireWhole(source: Blob, name: string): Promise<void> {
  const length = matroskaLength(new Uint8Array(await source.slice(0, matroskaHead).arrayBuffer()));
  if (length === null || source.size >= length) return;
  throw new UserError(`${name} ends before its video does`, {
    received: `${source.size} of ${length} bytes (${Math.floor((100 * source.size) / length)} %)`,
    remedy: 'copy or download the file again',
  });
}

async function defaultTrack(input: Input, name: string): Promise<InputVideoTrack> {
  const tracks = await input.getVideoTracks();
  for (const track of tracks) if ((await track.getDisposition()).default) return track;
  if (tracks.length > 0) return tracks[0];
  const all = await input.getTracks();
  if (all.length === 0) {
    throw new UserError(`${name} cannot be decoded as a video`, {
      received: 'no track of a kind that browsers know',
      remedy: 'choose another file or convert it to MP4 (H.264)',
    });
  }
  const kinds = all.map(({ type }) => type).join(' and ');
  throw new UserError(`there is no video in ${name}`, { received: kinds });
}

async function displayOfTrack(track: InputVideoTrack): Promise<Display> {
  const [a, b, , c, d] = await track.getTransformationMatrix();
  const [wide, high] = [await track.getSquarePixelWidth(), await track.getSquarePixelHeight()];
  const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
  return displayOf([a, b, c, d], (wide * height) / (high * width));
}

/** What the decoder must give, in order: for each of its pictures the number of the frame; null for one not shown. */
type Decoded = readonly { readonly number: number | null; readonly timestamp: number }[];

async function shownFrames(
  input: Input,
  track: InputVideoTrack,
  source: Blob,
  name: string,
  unreadable: (received: string) => UserError,
): Promise<{ decoded: Decoded; timeline: Timeline }> {
  const isMp4 = (await input.getFormat()) instanceof IsobmffInputFormat;
  const part = isMp4 ? await shownPart(source, track.id) : wholeTrack;
  if (part.parts > 1) throw unreadable(`an edit list of ${part.parts} parts, put together by no browser`);
  const codec = await track.getCodec();
  const isHidden = codec === 'vp8' ? isHiddenVp8 : codec === 'vp9' ? isHiddenVp9 : null;
  const packets: { timestamp: number; duration: number }[] = [];
  let first: EncodedPacket | undefined;
  const sink = new EncodedPacketSink(track);
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: isHidden === null })) {
    first ??= packet.type === 'key' ? packet : undefined;
    // Nothing can be decoded before the first whole picture, nor what is shown before it.
    if (!first || packet.timestamp < first.timestamp || isHidden?.(packet.data)) continue;
    packets.push({ timestamp: packet.timestamp, duration: packet.duration });
  }
  packets.sort((a, b) => a.timestamp - b.timestamp);
  const ticksPerSecond = await track.getTimeResolution();
  const stamps: number[] = [];
  const decoded = packets.map(({ timestamp }) => {
    // A video that was cut without encoding it anew carries frames from outside the cut, which no player shows.
    const isShown = timestamp >= part.start - instant && timestamp < part.end - instant;
    return { number: isShown ? stamps.push(Math.round(timestamp * ticksPerSecond)) : null, timestamp };
  });
  if (stamps.length === 0) throw unreadable('a video track without frames');
  if (stamps.some((stamp, i) => stamp === stamps[i - 1])) {
    throw new UserError(`${name} must have a time of its own for each of its frames`, {
      received: 'two frames of the same time',
      remedy: `give it new ones (${restamp})`,
    });
  }
  const onlyLength = Math.round(packets[0].duration * ticksPerSecond);
  return { decoded, timeline: timelineOf(stamps, ticksPerSecond, onlyLength) };
}

/** New times, evenly spaced as the codec's own headers say. */
const restamp = "ffmpeg -i clip.mp4 -vf 'setpts=N/FRAME_RATE/TB' -c:v libx264 even.mp4";

/** Seconds below which two times are one: time stamps are fractions of a second in binary. */
const instant = 1e-6;

/** RFC 6386, 9.1: the fifth bit says whether the frame is shown; such a one is for others to refer to. */
function isHiddenVp8(data: Uint8Array): boolean {
  return (data[0] & 0x10) === 0;
}

/** VP9's uncompressed header. In a superframe hidden frames travel with the one that is shown. */
function isHiddenVp9(data: Uint8Array): boolean {
  if ((data[data.length - 1] & 0xe0) === 0xc0) return false;
  const profile = ((data[0] >> 5) & 1) | ((data[0] >> 3) & 2);
  const flags = profile === 3 ? data[0] << 1 : data[0];
  const showExisting = (flags & 0x08) !== 0;
  return !showExisting && (flags & 0x02) === 0;
}

async function* decodeFrames(
  track: InputVideoTrack,
  decoded: Decoded,
  display: Display,
  numbers: readonly number[],
  name: string,
): AsyncGenerator<VideoFrameImage> {
  const wanted = [...new Set(numbers)].sort((a, b) => a - b);
  // Software decoders hand out the planes as they decode them; hardware may hide them behind a converted texture.
  const config = await track.getDecoderConfig();
  const hardwareAcceleration =
    config && (await isSupported({ ...config, hardwareAcceleration: 'prefer-software' }))
      ? 'prefer-software'
      : 'no-preference';
  // What the file says of its colours. Decoders fill in guesses where it says nothing; Node and this page have a rule.
  const tagged = await track.getColorSpace();
  // Pictures are counted: the stamps of samples take every packet for a picture, and some are none.
  let [count, next] = [0, 0];
  try {
    if (wanted.length > 0) {
      for await (const sample of new VideoSampleSink(track, { hardwareAcceleration }).samples()) {
        try {
          const planned = decoded[count++];
          if (planned) requireStamp(sample, planned.timestamp, name, count);
          const number = planned?.number;
          if (typeof number !== 'number' || number !== wanted[next]) continue;
          yield { number, image: upright(await toRgb(sample, tagged, name), display) };
          next += 1;
        } finally {
          sample.close();
        }
      }
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${name} is damaged after ${count} frames`, {
      received: reasonOf(cause),
      remedy: 'copy or download the file again',
      cause,
    });
  }
  if (wanted.length > 0 && count === 0) {
    throw new UserError(`${name} must begin with a picture that browsers start from (H.264: IDR)`, {
      received: `no picture for any of ${decoded.length} frames, as in a video that was cut without encoding it anew (open GOP)`,
      remedy: 'encode it anew (ffmpeg -i clip.mp4 -c:v libx264 whole.mp4)',
    });
  }
  // Also after the last that was wanted: a picture more or less than there are packets may be missing anywhere.
  if (wanted.length > 0 && count !== decoded.length) {
    throw new UserError(`${name} must have a picture for every frame; it is cut off or damaged`, {
      received: `${count} pictures for ${decoded.length} frames`,
      remedy: 'copy or download the file again, or convert it to MP4 (H.264)',
    });
  }
}

/** The order of display is the decoder's to say: a picture of another stamp than was planned has another time. */
function requireStamp(sample: VideoSample, timestamp: number, name: string, picture: number): void {
  const source = sample.toCanvasImageSource();
  if (!(source instanceof VideoFrame) || Math.abs(source.timestamp / 1e6 - timestamp) < 2 * instant) return;
  const [found, planned] = [source.timestamp / 1e6, timestamp].map((time) => Number(time.toFixed(6)));
  throw new UserError(`${name} must have time stamps in the order in which its frames are shown`, {
    received: `frame ${picture} with the time ${found} s in place of ${planned} s`,
    remedy: `give it new ones (${restamp})`,
  });
}

async function isSupported(config: VideoDecoderConfig): Promise<boolean> {
  return (await VideoDecoder.isConfigSupported(config)).supported === true;
}

const layouts: Partial<Record<string, YuvLayout>> = Object.fromEntries(
  (['I420', 'I422', 'I444'] as const).flatMap((name) =>
    ([8, 10, 12] as const).flatMap((bits) => {
      const layout = { bits, columns: name === 'I444' ? 1 : 2, rows: name === 'I420' ? 2 : 1 } as const;
      const suffix = bits === 8 ? '' : `P${bits}`;
      // What is transparent is laid on nothing: its colours are taken as they are.
      return [name, `${name}A`].map((format) => [`${format}${suffix}`, layout] as const);
    }),
  ),
);

/**
 * A frame's pixels. Planes of YCbCr go through the same conversion as in Node, byte for byte; what a hardware decoder
 * hides is converted by the browser and differs at the edges of colours.
 */
async function toRgb(sample: VideoSample, tagged: VideoColorSpaceInit, name: string): Promise<RgbImage> {
  refuseWide(sample.colorSpace, name);
  const { width, height } = sample.visibleRect;
  const layout = layouts[sample.format ?? ''];
  if (!layout && sample.format !== 'NV12') {
    const options = { format: 'RGBA', colorSpace: 'srgb' } as const;
    const rgba = new Uint8Array(sample.allocationSize(options));
    await sample.copyTo(rgba, options);
    return { width, height, data: withoutAlpha(rgba) };
  }
  const bytes = new Uint8Array(sample.allocationSize());
  const planes = await sample.copyTo(bytes);
  if (layout?.columns === 1 && layout.bits === 8 && tagged.matrix === 'rgb') {
    return fromGbr(bytes, planes, width, height);
  }
  const frame = { width, height, layout, ...videoColour({ height, ...tagged }) };
  if (!layout) {
    const y = { y: bytes.subarray(planes[0].offset), strideY: planes[0].stride };
    return yuvToRgb({ ...y, ...splitChroma(bytes, planes[1], height) }, frame);
  }
  const [y, u, v] = planes.map(({ offset }) =>
    layout.bits > 8
      ? new Uint16Array(bytes.buffer, offset, (bytes.length - offset) >> 1)
      : bytes.subarray(offset),
  );
  const [strideY, strideU, strideV] = planes.map(({ stride }) => (layout.bits > 8 ? stride >> 1 : stride));
  return yuvToRgb({ y, u, v, strideY, strideU, strideV }, frame);
}

/** RGB in planes of its own, which codecs store as green, blue, red. */
function fromGbr(bytes: Uint8Array, planes: readonly PlaneLayout[], width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (const [channel, plane] of [2, 0, 1].entries()) {
    const { offset, stride } = planes[plane];
    for (let row = 0, to = channel; row < height; row++) {
      const start = offset + row * stride;
      for (let column = 0; column < width; column++, to += 3) data[to] = bytes[start + column];
    }
  }
  return { width, height, data };
}

/** NV12's second plane holds U and V in turn. */
function splitChroma(bytes: Uint8Array, { offset, stride }: PlaneLayout, height: number) {
  const rowLength = stride >> 1;
  const u = new Uint8Array(rowLength * ((height + 1) >> 1));
  const v = new Uint8Array(u.length);
  for (let i = 0, from = offset; i < u.length; i++, from += 2) {
    u[i] = bytes[from];
    v[i] = bytes[from + 1];
  }
  return { u, v, strideU: rowLength, strideV: rowLength };
}
