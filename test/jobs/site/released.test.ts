import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type ClientRequest, get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deploySite } from '../../../jobs/site/deploy.ts';
import { serveSite } from '../../../jobs/site/serve.ts';
import { tinyBundle, writeTinyBundle } from '../../golden/tiny-bundle.ts';
import { leftBehind } from '../../left-behind.ts';

let folder: string;
let site: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-site-released-'));
  await writeTinyBundle(join(folder, 'tiny-frame'), await tinyBundle('tiny-frame'));
  site = join(folder, 'site');
  await deploySite([join(folder, 'tiny-frame')], site);
  await writeFile(join(site, 'large.bin'), new Uint8Array(20_000_000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Asks for a path, once, over a connection of its own. @param bytes after which the client goes away */
function ask(
  url: string,
  headers: IncomingHttpHeaders = {},
  bytes = Number.POSITIVE_INFINITY,
): Promise<number> {
  return new Promise((done, fail) => {
    const request = get(url, { agent: false, headers }, (response) => {
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received >= bytes) request.destroy();
      });
      response.on('close', () => done(response.statusCode ?? 0));
      response.on('error', () => {});
    });
    request.on('error', (error) => (request.destroyed ? done(0) : fail(error)));
  });
}

/** Asks for a path, and does not read what comes. */
function begin(url: string): Promise<ClientRequest> {
  return new Promise((done, fail) => {
    const request = get(url, { agent: false }, (response) => {
      response.on('error', () => {});
      done(request);
    });
    request.on('error', fail);
  });
}

it('a served site leaves no file and no socket open, whatever its clients do', async () => {
  const left = await leftBehind(async () => {
    const { url, close } = await serveSite(site, { port: 0 });
    expect(await ask(url)).toBe(200);
    expect(await ask(`${url}large.bin`)).toBe(200);
    expect(await ask(`${url}large.bin`, { range: 'bytes=5-9' })).toBe(206);
    expect(await ask(`${url}large.bin`, { range: 'bytes=99999999-' })).toBe(416);
    expect(await ask(`${url}bundles/tiny-frame/bundle.json`, { 'accept-encoding': 'br' })).toBe(200);
    expect(await ask(`${url}absent`)).toBe(404);
    for (let i = 0; i < 3; i++) await ask(`${url}large.bin`, {}, 100_000);
    // One is in the middle of it when the server stops.
    const waiting = await begin(`${url}large.bin`);
    await close();
    waiting.destroy();
    await expect(serveSite(folder, { port: 0 })).rejects.toThrow('is not a site');
    const busy = await serveSite(site, { port: 0 });
    await expect(serveSite(site, { port: Number(new URL(busy.url).port) })).rejects.toThrow('is taken');
    await busy.close();
  });
  expect(left).toEqual({});
});

it('a deployment leaves no file open, whether it succeeds or not', async () => {
  const bundle = join(folder, 'tiny-frame');
  const left = await leftBehind(async () => {
    await deploySite([bundle], join(folder, 'again'));
    await expect(deploySite([bundle, bundle], join(folder, 'twice'))).rejects.toThrow('twice');
    await expect(deploySite([folder], join(folder, 'none'))).rejects.toThrow('is not a bundle');
    const examples = [join(folder, 'absent.mp4')];
    await expect(deploySite([bundle], join(folder, 'example'), { examples })).rejects.toThrow(
      'no example file',
    );
  });
  expect(left).toEqual({});
});
