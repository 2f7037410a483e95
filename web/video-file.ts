import {
  ALL_FORMATS,
  BlobSource,
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  IsobmffInputFormat,
  type VideoSample,
  VideoSampleSink,
} from 'mediabunny';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { videoColour, yuv420ToRgb } from '../src/image/colour.ts';
import type { RgbImage } from '../src/image/image.ts';
import { withoutAlpha } from './image-file.ts';

/** One decoded frame. */
export interface VideoFrameImage {
  /** 1-based, in display order. */
  readonly number: number;
  readonly image: RgbImage;
}

/** A video file's first video track, decoded by the browser. Rotation tags are ignored, as in Node. */
export interface VideoFile {
  readonly width: number;
  readonly height: number;
  /** Width over height as a player shows it: not width / height where pixels are not square. */
  readonly displayAspect: number;
  /** Average frames a second. */
  readonly fps: number;
  readonly frameCount: number;
  /** The frames of the wanted numbers, sorted, once each. @throws UserError when the decoder stops early */
  frames(numbers: readonly number[]): AsyncGenerator<VideoFrameImage>;
  /** Lets go of the file and the decoder. */
  close(): void;
}

/**
 * Opens a video for decoding: MP4, MOV, WebM, MKV and MPEG-TS with the codecs that the browser decodes.
 *
 * @param name how to call the file in an error
 * @throws UserError when it is no video, is truncated, or has a codec that the browser does not decode
 */
export async function openVideo(source: Blob, name: string): Promise<VideoFile> {
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(source) });
  const unreadable = (received: string, cause?: unknown) => {
    input.dispose();
    return new UserError(`${name} cannot be decoded as a video`, {
      received,
      remedy: 'choose another file or convert it to MP4 (H.264)',
      cause,
    });
  };
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw unreadable('a file without a video track');
    if (!(await track.canDecode())) {
      throw unreadable(
        `${(await track.getCodec()) ?? 'an unknown codec'}, which this browser does not decode`,
      );
    }
    const [width, height] = [await track.getCodedWidth(), await track.getCodedHeight()];
    const aspect = await track.getPixelAspectRatio();
    const { frameCount, fps } = await countFrames(input, track);
    if (frameCount === 0) throw unreadable('a video track without frames');
    return {
      width,
      height,
      displayAspect: (width * aspect.num) / (height * aspect.den),
      fps,
      frameCount,
      frames: (numbers) => decodeFrames(track, numbers, name),
      close: () => input.dispose(),
    };
  } catch (cause) {
    throw cause instanceof UserError ? cause : unreadable(reasonOf(cause), cause);
  }
}

/**
 * Frames, and their mean rate as ffprobe gives it: in MP4 and MOV over the track's own duration, which counts decoding
 * time, so that a gap in display is none; elsewhere from when the frames are shown.
 */
async function countFrames(
  input: Input,
  track: InputVideoTrack,
): Promise<{ frameCount: number; fps: number }> {
  const ticksPerSecond = await track.getTimeResolution();
  const metadataOnly = { metadataOnly: true };
  let [packets, frameCount, ticks, start] = [0, 0, 0, 0];
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, metadataOnly)) {
    if (packets === 0) start = packet.timestamp;
    packets += 1;
    if (isShown(packet)) frameCount += 1;
    ticks += Math.round(packet.duration * ticksPerSecond);
  }
  if (frameCount === 0) return { frameCount, fps: 0 };
  if ((await input.getFormat()) instanceof IsobmffInputFormat) {
    // Null in fragmented files.
    const end = await input.getDurationFromMetadata([track]);
    if (end !== null) ticks = Math.round((end - start) * ticksPerSecond);
  } else {
    const { underlyingFrameRate } = await track.computeFrameRateMetrics();
    if (underlyingFrameRate !== null) return { frameCount, fps: underlyingFrameRate };
  }
  return { frameCount, fps: (packets * ticksPerSecond) / ticks };
}

/** A video that was cut without re-encoding carries frames before its start, which no player shows. */
function isShown({ timestamp }: { readonly timestamp: number }): boolean {
  return timestamp >= 0;
}

async function* decodeFrames(
  track: InputVideoTrack,
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
  let [number, next] = [0, 0];
  try {
    if (wanted.length > 0) {
      for await (const sample of new VideoSampleSink(track, { hardwareAcceleration }).samples()) {
        try {
          if (!isShown(sample)) continue;
          number += 1;
          if (number !== wanted[next]) continue;
          yield { number, image: await toRgb(sample, tagged) };
          next += 1;
        } finally {
          sample.close();
        }
        if (next === wanted.length) break;
      }
    }
  } catch (cause) {
    throw new UserError(`${name} is damaged after frame ${number}`, {
      received: reasonOf(cause),
      remedy: 'copy or download the file again',
      cause,
    });
  }
  if (next < wanted.length) {
    throw new UserError(`${name} ends before its video does`, {
      received: `${number} frames, needing number ${wanted[next]}`,
      remedy: 'copy or download the file again',
    });
  }
}

async function isSupported(config: VideoDecoderConfig): Promise<boolean> {
  return (await VideoDecoder.isConfigSupported(config)).supported === true;
}

/**
 * A frame's pixels. 8-bit 4:2:0 goes through the same conversion as in Node, byte for byte; other layouts (4:4:4,
 * 10 bits, RGB, or what a hardware decoder hides) are converted by the browser and differ at the edges of colours.
 */
async function toRgb(sample: VideoSample, tagged: VideoColorSpaceInit): Promise<RgbImage> {
  const { width, height } = sample.visibleRect;
  if (sample.format !== 'I420' && sample.format !== 'NV12') {
    const options = { format: 'RGBA', colorSpace: 'srgb' } as const;
    const rgba = new Uint8Array(sample.allocationSize(options));
    await sample.copyTo(rgba, options);
    return { width, height, data: withoutAlpha(rgba) };
  }
  const bytes = new Uint8Array(sample.allocationSize());
  const layout = await sample.copyTo(bytes);
  const chroma =
    sample.format === 'I420' ? planarChroma(bytes, layout) : splitChroma(bytes, layout[1], height);
  const colour = videoColour({ height, ...tagged });
  return yuv420ToRgb(
    { y: bytes.subarray(layout[0].offset), strideY: layout[0].stride, ...chroma },
    { width, height, ...colour },
  );
}

function planarChroma(bytes: Uint8Array, [, u, v]: readonly PlaneLayout[]) {
  return {
    u: bytes.subarray(u.offset),
    v: bytes.subarray(v.offset),
    strideU: u.stride,
    strideV: v.stride,
  };
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
