import { keyFrames } from '../../src/runtime/key-frames.ts';
import { openVideo } from '../../web/video-file.ts';

/** What a browser makes of a video: built for a page by `video-browser.ts`, and called there. */
export async function look(url: string, rate: number): Promise<object> {
  const name = decodeURIComponent(url.split('/').at(-1) ?? '');
  const { frames, close, timeline, ...info } = await openVideo(await (await fetch(url)).blob(), name);
  try {
    const keys = keyFrames({ ...timeline, rate });
    const pictures: object[] = [];
    for await (const { number, image } of frames(keys)) {
      const { width, height, data } = image;
      pictures.push({ number, width, height, base64: base64(data) });
    }
    return { ...info, times: timeline.times, keys, pictures };
  } finally {
    close();
  }
}

const decoders: VideoDecoder[] = [];
const frames: VideoFrame[] = [];

/** The browser's own, which remembers what it made. */
class CountedDecoder extends VideoDecoder {
  constructor({ output, error }: VideoDecoderInit) {
    const counted = (frame: VideoFrame) => {
      frames.push(frame);
      output(frame);
    };
    super({ output: counted, error });
    decoders.push(this);
  }
}
globalThis.VideoDecoder = CountedDecoder;
const { clone } = VideoFrame.prototype;
VideoFrame.prototype.clone = function counted() {
  const copy = clone.call(this);
  frames.push(copy);
  return copy;
};

/**
 * What is left of a video after its first `count` pictures: decoders that are open, and frames whose memory is held.
 *
 * @returns also how many of either there were, and what went wrong
 */
export async function left(url: string, count: number): Promise<object> {
  decoders.length = 0;
  frames.length = 0;
  let [seen, error] = [0, ''];
  try {
    const video = await openVideo(await (await fetch(url)).blob(), 'the video');
    try {
      const all = video.timeline.times.map((_, i) => i + 1);
      for await (const _ of video.frames(all)) if (++seen === count) break;
    } finally {
      video.close();
    }
  } catch (cause) {
    error = (cause as Error).message;
  }
  const isOpen = ({ state }: VideoDecoder) => state !== 'closed';
  // The decoder of a video that is left early is closed by who feeds it, once he has noticed.
  for (let i = 0; i < 100 && decoders.some(isOpen); i++) await new Promise((done) => setTimeout(done, 20));
  return {
    ...{ seen, error, decoders: decoders.length, frames: frames.length },
    openDecoders: decoders.filter(isOpen).length,
    // A frame that was closed has no format.
    openFrames: frames.filter(({ format }) => format !== null).length,
  };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

Object.assign(globalThis, { look, left });
