import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sirv from 'sirv';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { launchChromium } from './chromium.ts';
import { packedInstall } from './packed-install.ts';
import { writeRandomBundles } from './random-bundles.ts';

/** An app as somebody would write it who has read the package's documentation. */
const source = `
import { loadBundle, openClassifier, predictImage } from 'actionnx/web';

const bundle = await loadBundle('/bundles/apcd-resnet-tiny/');
const classifier = await openClassifier(bundle);
const file = await (await fetch('/picture.png')).blob();
const { width, height, systems } = await predictImage([classifier], file);
document.title = JSON.stringify({ width, height, probabilities: [...systems[0].probabilities] });
`;

const picture: RgbImage = {
  width: 96,
  height: 72,
  data: Uint8Array.from({ length: 96 * 72 * 3 }, (_, i) => (i * i) % 241),
};

let app: string;
let bundle: string;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  app = join(await packedInstall(), 'vite-app');
  await mkdir(join(app, 'public', 'bundles'), { recursive: true });
  [, bundle] = await writeRandomBundles(join(app, 'made'));
  await cp(bundle, join(app, 'public', 'bundles', 'apcd-resnet-tiny'), { recursive: true });
  await writeFile(join(app, 'public', 'picture.png'), await encodePng(picture));
  await writeFile(join(app, 'index.html'), '<!doctype html><script type="module" src="/main.ts"></script>');
  await writeFile(join(app, 'main.ts'), source);
  await build({ root: app, configFile: false, logLevel: 'error', build: { target: 'es2023' } });
  const files = sirv(join(app, 'dist'));
  server = createServer((request, response) => {
    files(request, response, () => {
      response.writeHead(404).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

describe('the packed package in a Vite app', () => {
  it('labels a picture in Chromium as Node does', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => document.title !== '').catch(() => {});
    expect(errors).toEqual([]);
    const result = JSON.parse(await page.title());
    expect([result.width, result.height]).toEqual([96, 72]);
    const classifier = await Classifier.open(await readBundle(bundle), nodeRuntime);
    const { probabilities } = await classifier.predict([[picture]]);
    await classifier.release();
    probabilities.forEach((value, i) => {
      expect(Math.abs(result.probabilities[i] - value)).toBeLessThanOrEqual(1e-3);
    });
  });

  it('leaves what runs only in Node out of the app', async () => {
    const index = await readFile(join(app, 'dist', 'index.html'), 'utf8');
    const [, script] = /src="\/(assets\/[^"]+\.js)"/.exec(index) ?? [];
    const code = await readFile(join(app, 'dist', script), 'utf8');
    expect(code).not.toMatch(/onnxruntime-node|node:fs\/promises|tfjs/);
  });
});
