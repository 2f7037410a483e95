import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { absoluteUrl, DownloadError, download } from '../../src/runtime/download.ts';
import { cut, type FaultyServer, serveFaulty, stall } from '../web/faulty-server.ts';

const content = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251);

let folder: string;
let server: FaultyServer;
/** Called when the connection is gone over which a refusal went on. */
let refusalEnded = () => {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-download-'));
  for (const name of ['whole.wasm', 'cut', 'cut-early', 'stalled', 'silent', 'slow'])
    await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'empty'), '');
  server = await serveFaulty(folder, {
    answer: (path, response, file) => {
      if (path === '/cut') return cut(response, file);
      if (path === '/cut-early') return cut(response, file, 1);
      if (path === '/refused') {
        response.writeHead(503);
        response.write('an explanation that goes on and on');
        response.on('close', () => refusalEnded());
        return true;
      }
      if (path === '/stalled') return stall(response, file);
      if (path === '/slow') {
        // Longer than the time allowed in all, but never that long without a byte.
        response.writeHead(200, { 'Content-Type': 'Text/JavaScript; charset=utf-8' });
        let at = 0;
        const timer = setInterval(() => {
          response.write(file.subarray(at, (at += 10_000)));
          if (at < file.length) return;
          clearInterval(timer);
          response.end();
        }, 50);
        return true;
      }
      return path === '/silent';
    },
  });
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const address = (name: string) => new URL(name, server.url);
const isContent = (bytes: Uint8Array) => Buffer.compare(bytes, content) === 0;
const failure = (name: string, options?: Parameters<typeof download>[1]) =>
  download(address(name), options).catch((error) => error);

describe('download', () => {
  it('gives the bytes and the type, and tells of the bytes as they arrive', async () => {
    const seen: number[] = [];
    const { bytes, type } = await download(address('whole.wasm'), { onBytes: (loaded) => seen.push(loaded) });
    expect(isContent(bytes)).toBe(true);
    expect(type).toBe('application/wasm');
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(content.length);
    expect((await download(address('empty'))).bytes.length).toBe(0);
  });

  it('says what is not there, or cannot be reached', async () => {
    const missing = await failure('absent');
    expect(missing).toBeInstanceOf(DownloadError);
    expect(missing.url).toBe(address('absent').href);
    expect(missing.message).toMatch(/^cannot fetch \/absent; received HTTP 404; check the address/);
    const unreachable = await download(new URL('http://127.0.0.1:9/model.onnx')).catch((error) => error);
    expect(unreachable.message).toMatch(
      /^cannot fetch \/model\.onnx; received .*; check the address and the c/,
    );
  });

  it('says how far it came when the connection breaks', async () => {
    expect((await failure('cut')).message).toMatch(
      /^the connection broke while \/cut was sent; received 100000 bytes, then: .*try again$/,
    );
  });

  it('says a single byte in the singular', async () => {
    expect((await failure('cut-early')).message).toMatch(/sent; received 1 byte, then: /);
  });

  it('lets the rest of an answer go that was not wanted', async () => {
    const ended = new Promise<void>((done) => {
      refusalEnded = done;
    });
    expect((await failure('refused')).message).toMatch(/^cannot fetch \/refused; received HTTP 503; check/);
    await ended;
  });

  it('leaves no timer running and nobody listening to the signal, however it ends', async () => {
    const { signal } = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    // Long enough for a timer that was left to be there still.
    const options = { signal, stallTimeout: 600_000 };
    await download(address('whole.wasm'), options);
    for (const name of ['absent', 'cut']) expect(await failure(name, options)).toBeInstanceOf(DownloadError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it.each([
    ['stalled', '100000 bytes'],
    ['silent', '0 bytes'],
  ])('gives a server up that stops sending: %s', async (name, received) => {
    const error = await failure(name, { stallTimeout: 200 });
    expect(error).toBeInstanceOf(DownloadError);
    expect(error.message).toBe(
      `/${name} does not arrive; received ${received} and then nothing for 0.2 s; ` +
        'check the connection and the server, and try again',
    );
  });

  it('has patience with a slow line', async () => {
    const { bytes, type } = await download(address('slow'), { stallTimeout: 900 });
    expect(isContent(bytes)).toBe(true);
    expect(type).toBe('text/javascript');
  });

  it('does not hold against the server that this thread was busy', async () => {
    const downloaded = download(address('whole.wasm'), { stallTimeout: 100 });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    expect(isContent((await downloaded).bytes)).toBe(true);
  });

  it('ends when it is told to, with the reason given', async () => {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const stalled = failure('stalled', { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    expect(await stalled).toBe(reason);
    expect(await failure('whole.wasm', { signal: controller.signal })).toBe(reason);
  });

  it('lets an error of the listener through as it is', async () => {
    const mistake = new TypeError('mistake');
    const onBytes = () => {
      throw mistake;
    };
    expect(await failure('whole.wasm', { onBytes })).toBe(mistake);
  });

  it.each([0, -1, Number.NaN])('refuses to wait for %s ms', async (stallTimeout) => {
    expect((await failure('whole.wasm', { stallTimeout })).message).toMatch(
      /^stallTimeout must be .* above 0/,
    );
  });

  it('takes a time without end', async () => {
    const { bytes } = await download(address('whole.wasm'), { stallTimeout: Number.POSITIVE_INFINITY });
    expect(isContent(bytes)).toBe(true);
  });
});

describe('absoluteUrl', () => {
  it('leaves a full address as it is', () => {
    expect(absoluteUrl('https://host/a/?b').href).toBe('https://host/a/?b');
  });
});
