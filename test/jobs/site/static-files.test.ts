import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticFiles } from '../../../jobs/site/static-files.ts';

const script = Buffer.from('export const answer = 42;\n'.repeat(400));
const weights = Buffer.from(Uint8Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 251));

let folder: string;
let server: Server;

beforeAll(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'actionnx-files-'));
  folder = join(parent, 'site');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await mkdir(join(folder, '.git'));
  await writeFile(join(parent, 'secret.txt'), 'secret');
  await writeFile(join(folder, '.git', 'config'), 'secret');
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Bär</title>');
  await writeFile(join(folder, 'assets', 'main-Dl591e0S.js'), script);
  await writeFile(join(folder, 'main.mjs'), script);
  await writeFile(join(folder, 'main.wasm'), script);
  await writeFile(join(folder, 'model.onnx'), weights);
  await writeFile(join(folder, 'picture.png'), script);
  await writeFile(join(folder, 'a b #1.txt'), 'short');
  await writeFile(join(folder, 'empty.txt'), '');
  const answer = staticFiles(folder, { 'X-Everywhere': 'yes' });
  server = createServer((message, response) => {
    answer(message, response).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(join(folder, '..'), { recursive: true, force: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What goes over the wire: `fetch` would unpack it, and put addresses right. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((done, fail) => {
    request({ host: 'localhost', port, path, headers, method }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .on('error', fail)
      .end();
  });
}

describe('staticFiles', () => {
  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/?query', 'text/html; charset=utf-8'],
    ['/main.mjs', 'text/javascript; charset=utf-8'],
    ['/main.wasm', 'application/wasm'],
    ['/model.onnx', 'application/octet-stream'],
    ['/a%20b%20%231.txt', 'text/plain; charset=utf-8'],
  ])('gives %s as %s', async (path, type) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers['x-everywhere']).toBe('yes');
    expect(headers['content-encoding']).toBeUndefined();
  });

  it.each([
    '/absent',
    '/assets/',
    '/assets',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/.git/config',
    '/%2egit/config',
    '/main.mjs%00',
    '/%',
    '//',
  ])('has no %s', async (path) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(404);
    expect(body.toString()).toBe('not found\n');
    expect(headers['x-everywhere']).toBe('yes');
  });

  it('reads only', async () => {
    expect(await ask('/', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ])('compresses for who accepts %s, in %s', async (accepted, encoding, unpack) => {
    for (const path of ['/main.mjs', '/main.wasm', '/assets/main-Dl591e0S.js']) {
      const { headers, body } = await ask(path, { 'Accept-Encoding': accepted });
      expect(headers['content-encoding']).toBe(encoding);
      expect(headers.vary).toBe('Accept-Encoding');
      expect(headers['content-length']).toBe(String(body.length));
      expect(body.length).toBeLessThan(script.length / 10);
      expect(unpack(body).equals(script)).toBe(true);
    }
  });

  it('leaves alone what is compressed already, what would not gain, and who does not read it', async () => {
    for (const path of ['/picture.png', '/model.onnx', '/a%20b%20%231.txt', '/empty.txt']) {
      const { headers } = await ask(path, { 'Accept-Encoding': 'br' });
      expect(headers['content-encoding']).toBeUndefined();
      expect(headers.vary).toBeUndefined();
    }
    const plain = await ask('/main.mjs', { 'Accept-Encoding': 'br;q=0, zstd' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    // The other answers to the same address depend on it all the same.
    expect(plain.headers.vary).toBe('Accept-Encoding');
    expect(plain.body.equals(script)).toBe(true);
  });

  it('lets names with a hash be kept, and has the others asked for again', async () => {
    const hashed = await ask('/assets/main-Dl591e0S.js');
    expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/main.mjs', '/model.onnx']) {
      expect((await ask(path)).headers['cache-control']).toBe('no-cache');
    }
  });

  it('sends nothing again that has not changed, in the same encoding', async () => {
    const brotli = { 'Accept-Encoding': 'br' };
    const plain = await ask('/main.mjs');
    const packed = await ask('/main.mjs', brotli);
    const [tag, packedTag] = [plain, packed].map(({ headers }) => String(headers.etag));
    expect(tag).not.toBe(packedTag);
    const again = await ask('/main.mjs', { ...brotli, 'If-None-Match': `"other", W/${packedTag}` });
    expect(again).toMatchObject({ status: 304, headers: { etag: packedTag, vary: 'Accept-Encoding' } });
    expect(again.body.length).toBe(0);
    expect((await ask('/main.mjs', { ...brotli, 'If-None-Match': tag })).status).toBe(200);
    const dated = { 'If-Modified-Since': String(plain.headers['last-modified']) };
    expect((await ask('/main.mjs', dated)).status).toBe(304);
    // A tag outweighs a date.
    expect((await ask('/main.mjs', { ...dated, 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it('sends what has changed', async () => {
    const path = join(folder, 'changing.js');
    const brotli = { 'Accept-Encoding': 'br' };
    await writeFile(path, script);
    const before = await ask('/changing.js', brotli);
    const changed = Buffer.from(script.map((byte) => (byte === 0x34 ? 0x35 : byte)));
    await writeFile(path, changed);
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    const after = await ask('/changing.js', { ...brotli, 'If-None-Match': String(before.headers.etag) });
    expect(after.status).toBe(200);
    expect(brotliDecompressSync(after.body).equals(changed)).toBe(true);
  });

  it('sends parts, of the bytes themselves', async () => {
    const headers = { Range: 'bytes=0-0', 'Accept-Encoding': 'br' };
    const first = await ask('/main.mjs', headers);
    expect(first).toMatchObject({ status: 206, headers: { 'content-range': `bytes 0-0/${script.length}` } });
    expect(first.headers['content-encoding']).toBeUndefined();
    expect(first.body.toString()).toBe('e');
    const last = await ask('/model.onnx', { Range: 'bytes=-3' });
    expect(last.headers['content-range']).toBe('bytes 9997-9999/10000');
    expect(last.body.equals(weights.subarray(-3))).toBe(true);
    const beyond = await ask('/model.onnx', { Range: 'bytes=10000-' });
    expect(beyond).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */10000' } });
    const several = await ask('/model.onnx', { Range: 'bytes=0-1,5-6' });
    expect([several.status, several.body.length]).toEqual([200, 10_000]);
  });

  it('sends a part only of what the client has the rest of', async () => {
    const { headers } = await ask('/model.onnx');
    const part = (ifRange: unknown) =>
      ask('/model.onnx', { Range: 'bytes=5-', 'If-Range': String(ifRange) }).then(({ status }) => status);
    expect(await part(headers.etag)).toBe(206);
    expect(await part(headers['last-modified'])).toBe(206);
    expect(await part('"of another version"')).toBe(200);
    expect(await part(new Date(0).toUTCString())).toBe(200);
  });

  it('answers HEAD as GET, without the bytes', async () => {
    for (const headers of [{}, { 'Accept-Encoding': 'br' }, { Range: 'bytes=1-2' }] as Record<
      string,
      string
    >[]) {
      const [whole, head] = [await ask('/main.mjs', headers), await ask('/main.mjs', headers, 'HEAD')];
      expect(head.body.length).toBe(0);
      expect(head.status).toBe(whole.status);
      for (const name of ['content-length', 'content-encoding', 'content-range', 'etag'])
        expect(head.headers[name]).toBe(whole.headers[name]);
    }
  });

  it('follows no link to what is not there', async () => {
    await symlink(join(folder, 'nowhere'), join(folder, 'link.txt'));
    expect((await ask('/link.txt')).status).toBe(404);
  });
});
