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

/** Somebody's page that makes ONNX of its own tfjs model, and runs it. */
const exporterSource = `
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { exportOnnx } from 'actionnx/export';
import { webRuntime } from 'actionnx/web';

const model = sequential({ layers: [
  layers.conv2d({ filters: 5, kernelSize: 3, padding: 'same', inputShape: [9, 7, 3], name: 'conv' }),
  layers.batchNormalization({}),
  layers.reshape({ targetShape: [9, 35] }),
  layers.gru({ units: 6, recurrentInitializer: 'glorotNormal' }),
  layers.dense({ units: 4, activation: 'softmax', name: 'scores' }),
] });
const data = Float32Array.from({ length: 2 * 9 * 7 * 3 }, (_, i) => Math.sin(i * i));
const expected = [...model.predict(tf.tensor(data, [2, 9, 7, 3])).dataSync()];
const session = await webRuntime().open(exportOnnx(model).bytes(), { provider: 'wasm' });
const results = await session.run({ conv_input: { dtype: 'float32', shape: [2, 9, 7, 3], data } });
document.title = JSON.stringify({ expected, actual: [...results.scores.data] });
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
  await writeFile(
    join(app, 'export.html'),
    '<!doctype html><script type="module" src="/export.ts"></script>',
  );
  await writeFile(join(app, 'export.ts'), exporterSource);
  const input = ['index.html', 'export.html'].map((page) => join(app, page));
  await build({
    ...{ root: app, configFile: false, logLevel: 'error' },
    build: { target: 'es2023', rolldownOptions: { input } },
  });
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
  /** What a page puts in its title. */
  async function said(path: string) {
    const page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/${path}`);
    await page.waitForFunction(() => document.title !== '').catch(() => {});
    expect(errors).toEqual([]);
    return JSON.parse(await page.title());
  }

  it('exports a tfjs model in Chromium, which runs there as in tfjs', async () => {
    const { expected, actual } = await said('export.html');
    expect(actual).toHaveLength(8);
    expect(new Set(expected).size).toBe(8);
    actual.forEach((value: number, i: number) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(2e-5);
    });
  });

  it('labels a picture in Chromium as Node does', async () => {
    const result = await said('');
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
