import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../../src/node/image-file.ts';
import { readableImages, refusedImages, transparentImages } from '../image/odd-images.ts';
import { launchChromium } from './chromium.ts';

const readable = await readableImages();
const refused = await refusedImages();

interface Decoded {
  /** RGB bytes as Latin-1, or null where `error` says why not. */
  readonly ours: string | null;
  readonly error: string;
  /** What the browser itself shows. */
  readonly shown: string | null;
  readonly isImage: boolean;
}

let server: Server;
let browser: Browser;
let page: Page;

const html =
  '<!doctype html><script type="module">import * as decoder from "/image-file.js"; globalThis.decoder = decoder;</script>';

/** The browser's decoder as one module, as an app's bundler makes it. */
async function bundledDecoder(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL('../../web/image-file.ts', import.meta.url)),
        formats: ['es'],
        fileName: 'image-file',
      },
    },
  });
  const [output] = [made].flat();
  if (!('output' in output)) throw new Error('nothing was built');
  return output.output[0].code;
}

beforeAll(async () => {
  const code = await bundledDecoder();
  server = createServer(({ url }, response) => {
    const isCode = url === '/image-file.js';
    response.setHeader('content-type', isCode ? 'text/javascript' : 'text/html');
    response.end(isCode ? code : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${address.port}/`);
  await page.waitForFunction('globalThis.decoder');
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

/** Decodes a file in the page, whatever type it is said to have. */
function decode(name: string, bytes: Uint8Array, type = ''): Promise<Decoded> {
  const base64 = Buffer.from(bytes).toString('base64');
  return page.evaluate(
    async ({ name, base64, type }) => {
      const { decodeImage, isImageFile } = Reflect.get(globalThis, 'decoder');
      const file = new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type });
      const letters = (data: Iterable<number>) =>
        Array.from(data, (byte) => String.fromCharCode(byte)).join('');
      const isImage: boolean = await isImageFile(file);
      const shown = await createImageBitmap(file).then(
        (bitmap) => {
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { alpha: false });
          context?.drawImage(bitmap, 0, 0);
          const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [];
          return letters(Array.from(data).filter((_, i) => i % 4 < 3));
        },
        () => null,
      );
      try {
        const { data } = await decodeImage(file, name);
        return { ours: letters(data), error: '', shown, isImage };
      } catch (error) {
        return { ours: null, error: String(error), shown, isImage };
      }
    },
    { name, base64, type },
  );
}

describe('images in Chromium', () => {
  it.each(Object.entries(readable))(
    'decodes %s as Node does, and as Chromium shows it',
    async (name, bytes) => {
      const { ours, error, shown } = await decode(name, bytes);
      expect(error).toBe('');
      const inNode = Buffer.from((await readImage(bytes, name)).data).toString('latin1');
      expect(ours).toBe(inNode);
      // Without an end marker, Chromium alone shows nothing.
      if (name === 'no-end.jpg') return;
      const worst = Math.max(
        ...Array.from(inNode, (c, i) => Math.abs(c.charCodeAt(0) - (shown ?? '').charCodeAt(i))),
      );
      expect(worst).toBeLessThanOrEqual(1);
    },
  );

  it.each(Object.entries(transparentImages()))(
    'decodes the transparent %s within 2 levels of Node',
    async (name, bytes) => {
      const { ours, error } = await decode(name, bytes);
      expect(error).toBe('');
      const inNode = (await readImage(bytes, name)).data;
      const inPage = Buffer.from(ours ?? '', 'latin1');
      expect(inPage.length).toBe(inNode.length);
      expect(Math.max(...inNode.map((value, i) => Math.abs(value - inPage[i])))).toBeLessThanOrEqual(2);
    },
  );

  it.each(Object.entries(refused))(
    'refuses %s for the reason that Node gives',
    async (name, [bytes, reason]) => {
      const { ours, error } = await decode(name, bytes);
      expect(ours).toBeNull();
      expect(error).toContain(`UserError: ${name} `);
      expect(error).toContain(reason);
    },
  );

  it('knows an image by its bytes, not by its type', async () => {
    expect((await decode('clip.mp4', readable['plain.jpg'], 'video/mp4')).isImage).toBe(true);
    const stream = Uint8Array.from({ length: 376 }, (_, i) => (i % 188 === 0 ? 0x47 : 0));
    expect((await decode('stream', stream)).isImage).toBe(false);
    expect((await decode('picture.png', stream, 'image/png')).isImage).toBe(false);
  });

  it('says that a browser reads no TIFF', async () => {
    const plain = Uint8Array.from([
      0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 6, 0, 3, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0,
    ]);
    expect((await decode('plain.tiff', plain)).error).toContain('TIFF in a browser, which is not supported');
  });
});
