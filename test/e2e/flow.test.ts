import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { build, type Plugin } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCvFiles, writeOpenCv } from '../../jobs/site/opencv-script.ts';
import { denseFlow } from '../../src/flow/farneback.ts';
import { flowLines } from '../../src/flow/lines.ts';
import { golden, images } from '../flow/golden-flow.ts';
import { type FaultyOptions, serveFaulty } from '../web/faulty-server.ts';
import { launchChromium } from './chromium.ts';

const root = resolve(import.meta.dirname, '../..');
/** What scripts/build-web.js builds the page with. */
const { openCvBeside }: { openCvBeside: () => Plugin } = await import(join(root, 'scripts/opencv-beside.js'));
const source = (path: string) => JSON.stringify(join(root, path));

/** Computes in the page, or in the worker that it starts, and says so in the page's title. */
const files: Readonly<Record<string, string>> = {
  'flow.ts': `
import { denseFlow } from ${source('src/flow/farneback.ts')};
import { flowLines } from ${source('src/flow/lines.ts')};

export async function compute() {
  const frames = (await (await fetch('/frames.json')).json()).map(({ width, height, data }) =>
    ({ width, height, data: Uint8Array.from(data) }));
  const flow = await denseFlow(frames[0], frames[1]);
  const lines = await flowLines(frames);
  return { flow: [...new Uint8Array(flow.data.buffer)], lines: [...lines.data] };
}
export const computed = () => compute().catch(({ message }) => ({ message }));
`,
  'page.ts': `
import { computed } from './flow.ts';
window.flow = { computed, inWorker: () => new Promise((resolve) => {
  const worker = new Worker(new URL('./in-worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => resolve(data);
}) };
`,
  'in-worker.ts': `
import { computed } from './flow.ts';
self.postMessage(await computed());
`,
  'index.html': '<!doctype html><script type="module" src="./page.ts"></script>',
};

interface Computed {
  readonly flow?: number[];
  readonly lines?: number[];
  readonly message?: string;
}

/** What the page lends to the tests. */
declare const flow: { computed(): Promise<Computed>; inWorker(): Promise<Computed> };

const frames = images(golden.tracks[0]);
let folder: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-flow-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  for (const kind of ['bundled', 'beside']) {
    const plugins = () => (kind === 'beside' ? [openCvBeside()] : []);
    await build({
      ...{ root: folder, configFile: false, logLevel: 'error', plugins: plugins(), base: './' },
      worker: { format: 'es', plugins },
      build: { target: 'es2023', outDir: join(folder, kind), modulePreload: { polyfill: false } },
    });
    const plain = frames.map(({ width, height, data }) => ({ width, height, data: [...data] }));
    await writeFile(join(folder, kind, 'frames.json'), JSON.stringify(plain));
  }
  await writeOpenCv(join(folder, 'beside'));
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a built page computes in one place or the other, and which files it asked for before and for it. */
async function visit(kind: string, place: 'page' | 'worker', options: FaultyOptions = {}) {
  const server = await serveFaulty(join(folder, kind), options);
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(100_000);
    await page.goto(server.url);
    await page.waitForFunction(() => 'flow' in window);
    const before = [...server.requested];
    const computed = await page.evaluate(
      (where) => (where === 'page' ? flow.computed() : flow.inWorker()),
      place,
    );
    return { computed, before, after: server.requested.slice(before.length) };
  } finally {
    await page.close();
    server.close();
  }
}

describe('flow in Chromium', () => {
  it.each([
    ['bundled', 'page'],
    ['bundled', 'worker'],
    ['beside', 'page'],
    ['beside', 'worker'],
  ] as const)('has the bytes that Node has: OpenCV %s, in a %s', async (kind, place) => {
    const { computed, before, after } = await visit(kind, place);
    expect(computed.message).toBeUndefined();
    const { data } = await denseFlow(frames[0], frames[1]);
    expect(Uint8Array.from(computed.flow ?? [])).toEqual(new Uint8Array(data.buffer));
    expect(Uint8Array.from(computed.lines ?? [])).toEqual((await flowLines(frames)).data);
    const scripts = before.filter((path) => path.endsWith('.js'));
    expect(scripts).not.toEqual([]);
    const sizes = scripts.map((path) => stat(join(folder, kind, path)));
    for (const { size } of await Promise.all(sizes)) expect(size).toBeLessThan(100_000);
    expect(after.includes('/opencv/opencv.mjs')).toBe(kind === 'beside');
  });

  it('leaves OpenCV out of what is built where it lies beside', async () => {
    const assets = join(folder, 'beside', 'assets');
    const sizes = (await readdir(assets)).map(async (name) => (await stat(join(assets, name))).size);
    expect(Math.max(...(await Promise.all(sizes)))).toBeLessThan(100_000);
    const [script, licence] = openCvFiles.map((file) => join(folder, 'beside', file));
    expect((await stat(script)).size).toBeLessThan(10.9e6);
    expect(await readFile(licence, 'utf8')).toContain('Apache License');
  });

  it('says what is missing where a policy forbids it, or the script is not there', async () => {
    const start =
      /^OpenCV does not start; received .*; check that its script is served whole, and that a Content-/;
    const policy = "script-src 'self' 'wasm-unsafe-eval'";
    const forbidden = await visit('beside', 'page', { headers: { 'Content-Security-Policy': policy } });
    expect(forbidden.computed.message).toMatch(start);
    const allowed = { 'Content-Security-Policy': `${policy} 'unsafe-eval'` };
    expect((await visit('beside', 'page', { headers: allowed })).computed.flow).toBeDefined();
    const absent = await visit('beside', 'page', {
      answer: (path, response) => path.endsWith('opencv.mjs') && !!response.writeHead(404).end(),
    });
    expect(absent.computed.message).toMatch(start);
  });
});
