import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploySite } from '../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../jobs/site/serve.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { launchChromium, quickStart } from './chromium.ts';
import { download, systemsReady, upload } from './page.ts';
import { writeRandomBundles } from './random-bundles.ts';

let folder: string;
let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-webgpu-'));
  const [, attentive, clips] = await writeRandomBundles(join(folder, 'bundles'));
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
  await writeFile(join(folder, 'picture.png'), await encodePng({ width: 64, height: 64, data }));
  await deploySite([attentive, clips], join(folder, 'site'));
  server = await serveSite(join(folder, 'site'), { port: 0 });
  // WebGPU on the CPU: slow, but it shows what a GPU would compute.
  browser = await launchChromium(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', quickStart]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the page on WebGPU', () => {
  it('gives the probabilities that wasm gives', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(280_000);
    await page.goto(server.url);
    await systemsReady(page);
    await upload(page, join(folder, 'picture.png'));
    const wasm = await download(page);
    await page.selectOption('#provider', 'webgpu');
    await page.waitForSelector('body[data-state=done]');
    const webgpu = await download(page);
    expect(webgpu.systems.map(({ provider }) => provider)).toEqual(['webgpu', 'webgpu']);
    const [expected, actual] = [wasm, webgpu].map(({ files }) =>
      files[0].keyFrames[0].predictions.flatMap(({ probabilities }) => probabilities),
    );
    expect(actual.length).toBeGreaterThan(2 * 43 - 1);
    actual.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(1e-3);
    });
  }, 300_000);
});
