import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import type { RgbImage } from '../../src/image/image.ts';
import { openVideo } from '../../src/node/video-frames.ts';
import { keyFrames } from '../../src/runtime/key-frames.ts';
import { launchChromium } from '../e2e/chromium.ts';

/** What Node or a browser makes of a video at some rate of key frames. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly fps: number | null;
  readonly duration: number;
  readonly frameCount: number;
  readonly times: readonly number[];
  readonly keys: readonly number[];
  readonly pictures: readonly (RgbImage & { readonly number: number })[];
}

/** What a browser had, and has still, of a video that was decoded as far as some picture. */
export interface Left {
  readonly seen: number;
  readonly error: string;
  readonly decoders: number;
  readonly frames: number;
  readonly openDecoders: number;
  readonly openFrames: number;
}

/** A picture on its way out of the browser. */
type Encoded = Omit<Look['pictures'][0], 'data'> & { readonly base64: string };

const origin = 'http://localhost:1';

/** Chromium with the code of `actionnx/web` that decodes videos. */
export class VideoBrowser {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(): Promise<VideoBrowser> {
    const entry = fileURLToPath(new URL('video-page.ts', import.meta.url));
    const built = await build({
      ...{ configFile: false, logLevel: 'error' },
      build: { write: false, target: 'es2023', minify: false, lib: { entry, formats: ['es'] } },
    });
    const [{ output }] = Array.isArray(built) ? built : [];
    const script = output[0].code;
    const browser = await launchChromium();
    const page = await browser.newPage();
    await page.route(`${origin}/**`, async (route) => {
      const path = decodeURIComponent(new URL(route.request().url()).pathname);
      if (path === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      if (path === '/script.js') return route.fulfill({ contentType: 'text/javascript', body: script });
      return route.fulfill({ body: await readFile(path.replace(/^\/file/, '')) });
    });
    await page.goto(origin);
    await page.addScriptTag({ type: 'module', url: `${origin}/script.js` });
    await page.waitForFunction(() => 'look' in globalThis);
    return new VideoBrowser(browser, page);
  }

  /** @throws Error with the browser's message */
  async look(path: string, rate: number): Promise<Look> {
    const found = await this.#page.evaluate(
      async ([url, wanted]) => {
        const { look } = globalThis as unknown as { look(url: string, rate: number): Promise<object> };
        return look(url, wanted).catch((error: Error) => ({ error: error.message }));
      },
      [`${origin}/file${path}`, rate] as const,
    );
    if ('error' in found) throw new Error(String(found.error));
    const { pictures, ...look } = found as Omit<Look, 'pictures'> & { pictures: Encoded[] };
    return {
      ...look,
      pictures: pictures.map(({ base64, ...picture }) => ({ ...picture, data: bytesOf(base64) })),
    };
  }

  /** What decoding its first pictures leaves open: see `left`. */
  async left(path: string, count: number): Promise<Left> {
    return this.#page.evaluate(
      async ([url, wanted]) => {
        const { left } = globalThis as unknown as { left(url: string, count: number): Promise<Left> };
        return left(url, wanted);
      },
      [`${origin}/file${path}`, count] as const,
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** The same in Node. */
export async function lookInNode(path: string, rate: number): Promise<Look> {
  const { info, timeline, frames } = await openVideo(path);
  const keys = keyFrames({ ...timeline, rate });
  const pictures = [];
  for await (const { number, image } of frames(keys)) pictures.push({ number, ...image });
  const { width, height, fps, duration, frameCount } = info;
  return { width, height, fps, duration, frameCount, times: timeline.times, keys, pictures };
}
