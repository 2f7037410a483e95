import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deploySite } from '../../jobs/site/deploy.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { launchChromium, quickStart } from './chromium.ts';
import { type FaultKind, type FaultyServer, serveFaulty } from './faulty-server.ts';
import { download, errorMessage, upload } from './page.ts';
import { presets, writeRandomBundles } from './random-bundles.ts';

let folder: string;
let site: string;
let browser: Browser;
let context: BrowserContext;
let server: FaultyServer;
let page: Page;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-failures-'));
  const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7919) % 251);
  await writeFile(join(folder, 'picture.png'), await encodePng({ width: 64, height: 48, data }));
  site = join(folder, 'site');
  await deploySite(await writeRandomBundles(join(folder, 'bundles')), site, {
    examples: [join(folder, 'picture.png')],
  });
  browser = await launchChromium([quickStart]);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await serveFaulty(site);
  // Of its own, with nothing in its cache.
  context = await browser.newContext();
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
});
afterEach(async () => {
  await context.close();
  await server.close();
});

const picture = () => join(folder, 'picture.png');
const pills = () => page.locator('#systems li:visible').allTextContents();
const titles = () => page.locator('#results h3').allTextContents();
const inState = (...states: string[]) =>
  page.waitForSelector(states.map((state) => `body[data-state=${state}]`).join(', '));

describe('a page that loses one system of three', () => {
  it.each<[string, FaultKind, RegExp]>([
    ['model.onnx', 'missing', /HTTP 404/],
    ['model.onnx', 'truncated', /./],
    ['bundle.json', 'page', /must be JSON/],
  ])('to a %s that is %s marks it, goes on with the others, and tries again', async (file, kind, reason) => {
    server.faults.set(`apcd-resnet-tiny/${file}`, { kind });
    await page.goto(server.url);
    await inState('ready');
    expect(await page.locator('#models-title').textContent()).toBe('2 of 3 systems');
    expect(await page.locator('#systems li.missing').allTextContents()).toEqual([
      expect.stringMatching(/^apcd-resnet-tiny not loaded/),
    ]);
    const message = await errorMessage(page);
    expect(message).toMatch(/^apcd-resnet-tiny: /);
    expect(message).toMatch(reason);

    await upload(page, picture());
    expect(await errorMessage(page)).toBe(message);
    expect(await titles()).toEqual(['Ensemble', presets[0], presets[2]]);
    expect(await page.locator('#results .ensemble header p').textContent()).toBe(
      'vote plus average of 2 of 3 systems, without apcd-resnet-tiny',
    );
    const { systems, ensemble, ...rest } = await download(page);
    expect(systems.map(({ name }) => name)).toEqual([presets[0], presets[2]]);
    expect(ensemble?.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1);
    expect(rest).toMatchObject({ missing: ['apcd-resnet-tiny'] });

    server.faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForFunction(() => document.querySelectorAll('#results h3').length === 4);
    expect(await titles()).toEqual(['Ensemble', ...presets]);
    expect(await errorMessage(page)).toBeNull();
    expect(await page.locator('#models-title').textContent()).toBe('Systems');
  });

  it('says that there is no ensemble of one', async () => {
    for (const name of presets.slice(1)) server.faults.set(`${name}/model.onnx`, { kind: 'missing' });
    await page.goto(server.url);
    await inState('ready');
    expect(await page.locator('#models-title').textContent()).toBe('1 of 3 systems');
    await upload(page, picture());
    expect(await titles()).toEqual([presets[0]]);
    expect(await page.locator('#results').textContent()).toContain(
      'No ensemble: of 3 systems only one is left',
    );
  });

  it('keeps what is shown when another try fails as well', async () => {
    server.faults.set('apcd-resnet-tiny/', { kind: 'missing' });
    await page.goto(server.url);
    await inState('ready');
    await upload(page, picture());
    await page.getByRole('button', { name: 'Try again' }).click();
    await inState('done');
    expect(await errorMessage(page)).toMatch(/^apcd-resnet-tiny: .*404/);
    expect(await titles()).toEqual(['Ensemble', presets[0], presets[2]]);
  });
});

describe('a page that gets nowhere', () => {
  it.each<[string, string, FaultKind, RegExp]>([
    ['missing models', 'model.onnx', 'missing', /HTTP 404/],
    ['a missing worker', 'worker-', 'missing', /the worker .* did not load/],
    ['a page in place of the worker', 'worker-', 'page', /the worker .* did not load/],
    ['missing wasm files', '/ort/', 'missing', /onnxruntime-web|ort-wasm/],
    ['truncated wasm', '.wasm', 'truncated', /wasm/],
  ])('for %s says so for as long as it is so, and recovers', async (_, part, kind, reason) => {
    server.faults.set(part, { kind });
    await page.goto(server.url);
    await inState('failed');
    const message = await errorMessage(page);
    expect(message).toMatch(reason);
    expect(await page.locator('#models-title').textContent()).toBe('0 of 3 systems');
    expect(await pills()).toEqual(presets.map((name) => expect.stringMatching(`^${name} not loaded`)));

    await page.setInputFiles('#file', picture());
    expect(await page.locator('#caption').textContent()).toBe('picture.png · waits: no system is loaded');
    expect(await errorMessage(page)).toBe(message);

    server.faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await inState('done');
    expect(await titles()).toEqual(['Ensemble', ...presets]);
    expect(await errorMessage(page)).toBeNull();
  });

  it('says no more of a runtime that arrives after all systems have failed', async () => {
    let release = () => {};
    const until = new Promise<void>((done) => {
      release = done;
    });
    server.faults.set('model.onnx', { kind: 'missing' }).set('.wasm', { kind: 'held', until });
    const failed = presets.map((name) => expect.stringMatching(`^${name} not loaded`));
    await page.goto(server.url);
    await inState('failed');
    expect(await pills()).toEqual(failed);
    release();
    // Time for the worker to hear of it, and to tell the page.
    await page.workers()[0].evaluate(() => new Promise((done) => setTimeout(done, 500)));
    expect(await pills()).toEqual(failed);
  });

  it('where WebAssembly is blocked says so, and once', async () => {
    server.headers.set('content-security-policy', "script-src 'self' 'unsafe-inline' blob:");
    await page.goto(server.url);
    await inState('failed');
    expect(await errorMessage(page)).toMatch(/WebAssembly|wasm/i);
    expect(await page.locator('#systems li.missing').count()).toBe(3);
  });

  it.each<[FaultKind, RegExp]>([
    ['missing', /cannot start.*HTTP 404 for site\.json/],
    ['page', /cannot start.*a page of HTML in place of site\.json/],
  ])(
    'for a site.json that is %s keeps the file that is chosen, and labels it in the end',
    async (kind, reason) => {
      server.faults.set('site.json', { kind });
      await page.goto(server.url);
      await inState('failed');
      expect(await errorMessage(page)).toMatch(reason);
      await page.setInputFiles('#file', picture());
      expect(await page.locator('#caption').textContent()).toBe('picture.png · waits for the page');
      server.faults.clear();
      await page.getByRole('button', { name: 'Try again' }).click();
      await inState('done');
      expect(await titles()).toEqual(['Ensemble', ...presets]);
    },
  );

  it('when its program does not arrive says so without it', async () => {
    server.faults.set('.js', { kind: 'missing' });
    await page.goto(server.url);
    await page.locator('#unstarted').waitFor();
    expect(await errorMessage(page)).toBeNull();
    expect(await page.locator('#unstarted').textContent()).toMatch(/cannot start: .*\.js does not load/);
  });

  it('when its server dies says so, and labels with what it has', async () => {
    server.faults.set('apcd-resnet-tiny/model.onnx', { kind: 'stalled' });
    await page.goto(server.url);
    await page.locator('#systems li.ready').nth(1).waitFor();
    await page.setInputFiles('#file', picture());
    expect(await page.locator('#caption').textContent()).toBe('picture.png · waits for the systems');
    await server.close();
    await inState('done');
    expect(await errorMessage(page)).toMatch(/^apcd-resnet-tiny: /);
    expect(await titles()).toEqual(['Ensemble', presets[0], presets[2]]);
    await page.getByRole('button', { name: 'picture.png' }).click();
    await page.locator('#error').waitFor();
    expect(await errorMessage(page)).toMatch(/cannot fetch the example picture\.png/);
    server = await serveFaulty(site);
  });
});

describe('a page that is kept waiting', () => {
  it.each<[string, FaultKind, RegExp]>([
    ['pcd-r2plus1d-tiny/model.onnx', 'stalled', /Waiting for: pcd-r2plus1d-tiny \(.* MB of .* MB\)\./],
    ['pcd-r2plus1d-tiny/bundle.json', 'silent', /Waiting for: pcd-r2plus1d-tiny \(loading\)\./],
    ['worker-', 'silent', /Waiting for: pcd-resnet-tiny \(waiting\), apcd-resnet-tiny/],
    ['site.json', 'silent', /Waiting for: site\.json/],
  ])('for a %s that is %s says so after a while', async (part, kind, words) => {
    server.faults.set(part, { kind });
    await page.clock.install();
    await page.goto(server.url);
    await inState('loading');
    // Until the list of systems has come, that is what the page waits for.
    if (part !== 'site.json') await page.locator('#systems li').nth(2).waitFor();
    if (part.startsWith('pcd')) await page.locator('#systems li.ready').nth(1).waitFor();
    expect(await page.locator('#silence').isVisible()).toBe(false);
    await page.clock.runFor(16_000);
    expect(await page.locator('#silence').textContent()).toMatch(words);
  });

  it('for its program says so without it', async () => {
    server.faults.set('.js', { kind: 'silent' });
    await page.clock.install();
    await page.goto(server.url, { waitUntil: 'commit' });
    await page.locator('#theme').waitFor({ state: 'attached' });
    await page.clock.runFor(16_000);
    expect(await page.locator('#unstarted').textContent()).toMatch(/has not arrived/);
  });
});

describe('a page that is given little', () => {
  it('as a file says how to look at it', async () => {
    await page.goto(`file://${site}/index.html`);
    expect(await page.locator('#unstarted').textContent()).toContain(`npx actionnx serve "${site}"`);
    expect(await page.locator('#unstarted').isVisible()).toBe(true);
    expect(await page.locator('main').isVisible()).toBe(false);
  });

  it('without storage has themes that it forgets, and says so', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new DOMException('Access is denied for this document.', 'SecurityError');
        },
      });
    });
    await page.goto(server.url);
    await inState('ready');
    await page.click('#theme');
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
    expect(await page.locator('#theme').getAttribute('title')).toMatch(/Not remembered/);
    await upload(page, picture());
    expect(await titles()).toEqual(['Ensemble', ...presets]);
  });

  it('without an origin, as in a sandboxed frame, says that nothing can run', async () => {
    server.headers.set('content-security-policy', 'sandbox allow-scripts');
    server.headers.set('access-control-allow-origin', '*');
    server.headers.set('cross-origin-resource-policy', 'cross-origin');
    await page.goto(server.url);
    await inState('failed');
    expect(await errorMessage(page)).toMatch(/the worker that runs the systems failed; received .*Worker/);
    await page.click('#theme');
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
  });
});
