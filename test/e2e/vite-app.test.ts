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

/** What somebody writes who has read the package's documentation. */
const label = (options: string) => `
import { loadBundle, openClassifier, predictImage } from 'actionnx/web';

export async function label() {
  const bundle = await loadBundle('/bundles/apcd-resnet-tiny/');
  const classifier = await openClassifier(bundle, ${options});
  const file = await (await fetch('/picture.png')).blob();
  const { width, height, systems } = await predictImage([classifier], file);
  return { width, height, probabilities: [...systems[0].probabilities] };
}
`;

const told = `.then((result) => result, (error) => ({ error: error.message }))`;

/** Pages of the app: scripts by their names. */
const scripts: Readonly<Record<string, string>> = {
  'bundled.ts': label('{}'),
  'copied.ts': label("{ wasmPaths: '/ort/', threads: 2 }"),
  'forgotten.ts': label('{ threads: 2 }'),
  'index.ts': `
import { label } from './bundled.ts';
document.title = JSON.stringify(await label());
`,
  'threads.ts': `
import { label } from './copied.ts';
document.title = JSON.stringify(await label()${told});
`,
  'hanging.ts': `
import { label } from './forgotten.ts';
document.title = JSON.stringify(await label()${told});
`,
  'worker.ts': `
const worker = new Worker(new URL('./in-worker.ts', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => {
  document.title = JSON.stringify(data);
};
`,
  'in-worker.ts': `
import { label } from './copied.ts';
self.postMessage(await label()${told});
`,
};

/** Somebody's page that makes ONNX of its own tfjs model, and runs it. */
const exporterScript = `
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
/** Scripts that were asked for to be run as a worker. */
const workers: string[] = [];

beforeAll(async () => {
  app = join(await packedInstall(), 'vite-app');
  await mkdir(join(app, 'public', 'bundles'), { recursive: true });
  [, bundle] = await writeRandomBundles(join(app, 'made'));
  await cp(bundle, join(app, 'public', 'bundles', 'apcd-resnet-tiny'), { recursive: true });
  await writeFile(join(app, 'public', 'picture.png'), await encodePng(picture));
  // As the documentation of the package says.
  await mkdir(join(app, 'public', 'ort'));
  const runtime = join(app, '..', 'node_modules', 'onnxruntime-web', 'dist');
  for (const name of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    await cp(join(runtime, name), join(app, 'public', 'ort', name));
  for (const [name, script] of Object.entries({ ...scripts, 'export.ts': exporterScript }))
    await writeFile(join(app, name), script);
  const input = [];
  for (const page of ['index', 'threads', 'hanging', 'worker', 'export']) {
    input.push(join(app, `${page}.html`));
    const html = `<!doctype html><script type="module" src="/${page}.ts"></script>`;
    await writeFile(join(app, `${page}.html`), html);
  }
  await build({
    ...{ root: app, configFile: false, logLevel: 'error' },
    worker: { format: 'es' },
    build: { target: 'es2023', rolldownOptions: { input } },
  });
  const files = sirv(join(app, 'dist'), {
    setHeaders: (response) => {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      // So that every worker is seen to be asked for.
      response.setHeader('Cache-Control', 'no-store');
    },
  });
  server = createServer((request, response) => {
    if (request.headers['sec-fetch-dest'] === 'worker') workers.push(request.url ?? '');
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

  /** Whether a page labels the picture as Node does. */
  async function expectLabelled(path: string): Promise<void> {
    const result = await said(path);
    expect(result.error).toBeUndefined();
    expect([result.width, result.height]).toEqual([96, 72]);
    const classifier = await Classifier.open(await readBundle(bundle), nodeRuntime);
    const { probabilities } = await classifier.predict([[picture]]);
    await classifier.release();
    expect(result.probabilities).toHaveLength(probabilities.length);
    probabilities.forEach((value, i) => {
      expect(Math.abs(result.probabilities[i] - value)).toBeLessThanOrEqual(1e-3);
    });
  }

  it('labels a picture in Chromium as Node does, isolated, with nothing set up', async () => {
    workers.length = 0;
    await expectLabelled('');
    expect(workers).toEqual([]);
  });

  it.each(['threads', 'worker'])('labels it in two threads from copied files: %s.html', async (page) => {
    workers.length = 0;
    await expectLabelled(`${page}.html`);
    // One beside the thread that asks.
    expect(workers.filter((path) => path.startsWith('/ort/'))).toEqual(['/ort/ort-wasm-simd-threaded.mjs']);
  });

  it('says what two threads need, where nothing was copied', async () => {
    expect((await said('hanging.html')).error).toBe(
      'several wasm threads need the files of onnxruntime-web beside the app; received 2 threads without wasmPaths; ' +
        'copy its ort-wasm-simd-threaded* files to the site and give their folder as wasmPaths',
    );
  });

  it('leaves what runs only in Node out of the app', async () => {
    const index = await readFile(join(app, 'dist', 'index.html'), 'utf8');
    const code = (
      await Promise.all(
        [...index.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) =>
          readFile(join(app, 'dist', path), 'utf8'),
        ),
      )
    ).join('\n');
    expect(code).toContain('onnxruntime-web');
    expect(code).not.toMatch(/onnxruntime-node|node:fs\/promises|tfjs/);
  });
});
