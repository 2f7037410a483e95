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

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

Object.assign(globalThis, { look });
