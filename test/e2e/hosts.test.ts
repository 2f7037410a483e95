import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as client from '../../web/client.ts';
import { cut, type FaultyOptions, serveFaulty, stall } from '../web/faulty-server.ts';
import { launchChromium, quickStart } from './chromium.ts';
import { writeRandomBundles } from './random-bundles.ts';

/** What the page below lends to the tests. */
declare const actionnx: typeof client;

const root = resolve(import.meta.dirname, '../..');
const ort = '/ort/ort-wasm-simd-threaded';

let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-hosts-'));
  const [, attentive] = await writeRandomBundles(join(folder, 'made'));
  const app = join(folder, 'app');
  await mkdir(join(app, 'public', 'ort'), { recursive: true });
  await cp(attentive, join(app, 'public', 'bundle'), { recursive: true });
  const runtime = join(root, 'node_modules/onnxruntime-web/dist');
  for (const name of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
    await cp(join(runtime, name), join(app, 'public', 'ort', name));
  await writeFile(join(app, 'index.html'), '<!doctype html><script type="module" src="./main.ts"></script>');
  const library = JSON.stringify(join(root, 'web/client.ts'));
  await writeFile(join(app, 'main.ts'), `import * as client from ${library};\nwindow.actionnx = client;\n`);
  await build({
    ...{ root: app, configFile: false, logLevel: 'error' },
    build: { target: 'es2023', outDir: join(folder, 'site') },
  });
  // A name that is not this machine's own: browsers trust http from there as little as from any other.
  browser = await launchChromium(['--host-resolver-rules=MAP elsewhere.test 127.0.0.1', quickStart]);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Serves the page in a way of its own, and hands over the page. */
async function visit<T>(
  options: FaultyOptions,
  use: (page: Page, requested: readonly string[]) => Promise<T>,
  host = 'localhost',
): Promise<T> {
  const server = await serveFaulty(join(folder, 'site'), options);
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(100_000);
    await page.goto(server.url.replace('localhost', host));
    await page.waitForFunction(() => 'actionnx' in window);
    return await use(page, server.requested);
  } finally {
    await page.close();
    server.close();
  }
}

type Options = Pick<client.OpenOptions, 'threads' | 'wasmPaths' | 'stallTimeout'>;

/** Opens the bundle on a page. @returns 'open', or what the error says */
function open(page: Page, options: Options = { wasmPaths: '/ort/' }): Promise<string> {
  return page.evaluate(async (given) => {
    try {
      const bundle = await actionnx.loadBundle('/bundle/');
      // Proves it on its golden values.
      await (await actionnx.openClassifier(bundle, given)).release();
      return 'open';
    } catch (error) {
      return error instanceof actionnx.UserError ? error.message : `no error for people: ${error}`;
    }
  }, options);
}

const octets = (path: string) => (/\.(mjs|wasm|onnx)$/.test(path) ? 'application/octet-stream' : undefined);
const notSniffed = { 'X-Content-Type-Options': 'nosniff' };

describe('a bundle is opened', () => {
  it.each<[string, FaultyOptions]>([
    ['that is set up well', {}],
    ['that calls everything octets, and has nobody guess', { type: octets, headers: notSniffed }],
    ['that calls everything text', { type: (path) => octets(path) && 'text/plain', headers: notSniffed }],
    ['without isolation', { isolated: false, type: octets }],
  ])('from a host %s, in one thread and in two', async (_, options) => {
    await visit(options, async (page) => expect(await open(page)).toBe('open'));
    await visit(options, async (page) => {
      expect(await open(page, { wasmPaths: '/ort', threads: 2 })).toBe('open');
    });
  });

  it('over plain http from another machine', async () => {
    await visit(
      { isolated: false },
      async (page) => {
        expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle])).toEqual([
          false,
          'undefined',
        ]);
        expect(await open(page)).toBe('open');
      },
      'elsewhere.test',
    );
  });

  it('and its runtime comes once for all, beside the bundle, and tells how far it is', async () => {
    await visit({}, async (page, requested) => {
      const seen = await page.evaluate(async () => {
        const told: [number, number][][] = [[], []];
        const options = (k: number) => ({
          wasmPaths: '/ort/',
          onProgress: (loaded: number, total: number) => told[k].push([loaded, total]),
        });
        const ahead = actionnx.loadWebRuntime(options(0));
        const bundle = await actionnx.loadBundle('/bundle/');
        const open = () => actionnx.openClassifier(bundle, options(1));
        const classifiers = await Promise.all([open(), open(), ahead]);
        await classifiers[0].release();
        // It runs: nothing is left to fetch.
        await (await open()).release();
        return told;
      });
      const size = 14_264_278;
      for (const told of seen) {
        expect(told.every(([loaded, total]) => loaded <= total && total === size)).toBe(true);
        expect(told.map(([loaded]) => loaded)).toEqual(told.map(([loaded]) => loaded).sort((a, b) => a - b));
      }
      expect(seen[0][0][0]).toBe(0);
      expect(seen[0].length).toBeGreaterThan(10);
      expect(seen[0].at(-1)).toEqual([size, size]);
      expect(requested.filter((path) => path.endsWith('.wasm'))).toEqual([`${ort}.wasm`]);
    });
  });
});

const stalled = '; check the connection and the server, and try again';

describe('what keeps a bundle from being opened is said', () => {
  type Answer = NonNullable<FaultyOptions['answer']>;
  const at =
    (end: string, answer: Answer): Answer =>
    (path, response, file) =>
      path.endsWith(end) && answer(path, response, file);
  const absent: Answer = (_, response) => !!response.writeHead(404).end();
  const page: Answer = (_, response) =>
    !!response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Home</title>');

  it('what a server sends in place of a file, or lacks, each time anew', async () => {
    const faults: [Answer, RegExp][] = [
      [at('.mjs', absent), /^cannot fetch \/ort\/ort-wasm-simd-threaded\.mjs; received HTTP 404; check/],
      [at('.wasm', absent), /^cannot fetch \/ort\/ort-wasm-simd-threaded\.wasm; received HTTP 404; check/],
      [
        at('.mjs', page),
        /^\/ort\/.*\.mjs is not the script of onnxruntime-web; received a page of HTML, 34 bytes, served as text\/html; copy the files/,
      ],
      [
        at('.wasm', page),
        /^\/ort\/.*\.wasm is not WebAssembly; received a page of HTML, 34 bytes, served as text\/html; copy the files/,
      ],
      [
        at('.wasm', (_, response, file) => cut(response, file, 1e6)),
        /^the connection broke while \/ort\/.*\.wasm was sent; received 1000000 bytes, then: .*try again$/,
      ],
      [
        at('.onnx', (_, response, file) => cut(response, file, 1e4)),
        /^the connection broke while \/bundle\/model\.onnx was sent; received 10000 bytes, then: .*try again$/,
      ],
    ];
    let answer: Answer = () => false;
    await visit({ answer: (...request) => answer(...request) }, async (visited) => {
      for (const [fault, message] of faults) {
        answer = fault;
        expect(await open(visited)).toMatch(message);
      }
    });
  });

  it.each<[string, FaultyOptions, RegExp]>([
    [
      'a policy against WebAssembly',
      { headers: { 'Content-Security-Policy': "script-src 'self'" } },
      /^WebAssembly must be allowed, and is not here; received .*; add 'wasm-unsafe-eval' to script-src/,
    ],
    [
      'a policy against blobs, and a wrong type',
      { type: octets, headers: { 'Content-Security-Policy': "script-src 'self' 'wasm-unsafe-eval'" } },
      /^the browser does not run \/ort\/.*\.mjs; received .*\(served as application\/octet-stream\); serve it as text\/javascript, or allow blob:/,
    ],
  ])('%s', async (_, options, message) => {
    await visit(options, async (visited) => expect(await open(visited)).toMatch(message));
  });

  it('a server that sends no more, and then does', async () => {
    let isIll = true;
    const answer = at('.wasm', (_, response, file) => isIll && stall(response, file, 1e6));
    await visit({ answer }, async (visited) => {
      expect(await open(visited, { wasmPaths: '/ort/', stallTimeout: 1000 })).toBe(
        `${ort}.wasm does not arrive; received 1000000 bytes and then nothing for 1 s${stalled}`,
      );
      // The page need not be loaded again.
      isIll = false;
      expect(await open(visited)).toBe('open');
    });
  });

  it('a server that sends no more, where a bundler placed the runtime', async () => {
    const answer = at('.wasm', (_, response, file) => stall(response, file, 1e6));
    await visit({ answer }, async (visited) => {
      expect(await open(visited, { stallTimeout: 200 })).toMatch(
        /^onnxruntime-web does not start; received .*timeout: 2000ms; check that its files .*, reload the page$/,
      );
    });
  });

  it('a thread that does not come up', async () => {
    const options: FaultyOptions = {
      headers: { 'Cache-Control': 'no-store' },
      answer: (_, { req }) => req.headers['sec-fetch-dest'] === 'worker',
    };
    await visit(options, async (visited) => {
      expect(await open(visited, { wasmPaths: '/ort/', threads: 2, stallTimeout: 3000 })).toMatch(
        /^onnxruntime-web does not start; received .*timeout: 3000ms; .* wasmPaths says, try threads: 1, reload the/,
      );
    });
  });

  it('threads that are no number of threads', async () => {
    await visit({}, async (visited) => {
      for (const threads of [0, 1.5, Number.NaN]) {
        expect(await open(visited, { wasmPaths: '/ort/', threads })).toBe(
          `threads must be a whole number above 0; received ${threads}`,
        );
      }
    });
  });

  it('nothing, to who has given up himself; who has not still gets it', async () => {
    let asked = (_: () => void) => {};
    const wasmAsked = new Promise<() => void>((resolve) => {
      asked = resolve;
    });
    const answer = at('.wasm', (_, response, file) => {
      response.writeHead(200);
      response.write(file.subarray(0, 1e6));
      asked(() => response.end(file.subarray(1e6)));
      return true;
    });
    type Opened = { giveUp(): void; ends: Promise<string>[] };
    await visit({ answer }, async (visited, requested) => {
      await visited.evaluate(async () => {
        const bundle = await actionnx.loadBundle('/bundle/');
        const controller = new AbortController();
        const open = (signal?: AbortSignal) =>
          actionnx.openClassifier(bundle, { wasmPaths: '/ort/', signal }).then(
            () => 'open',
            (error) => `${error}`,
          );
        const opened: Opened = {
          giveUp: () => controller.abort('enough'),
          ends: [open(controller.signal), open()],
        };
        Object.assign(window, { opened });
      });
      const sendTheRest = await wasmAsked;
      const first = await visited.evaluate(() => {
        const { opened } = window as unknown as { opened: Opened };
        opened.giveUp();
        return opened.ends[0];
      });
      expect(first).toBe('enough');
      sendTheRest();
      const second = await visited.evaluate(() => (window as unknown as { opened: Opened }).opened.ends[1]);
      expect(second).toBe('open');
      expect(requested.filter((path) => path.endsWith('.wasm'))).toEqual([`${ort}.wasm`]);
    });
  });
});
