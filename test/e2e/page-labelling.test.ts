import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deploySite } from '../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../jobs/site/serve.ts';
import { Rng } from '../../src/core/rng.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { launchChromium } from './chromium.ts';
import { writeFragileBundle } from './fragile-bundle.ts';
import { download, errorMessage, systemsReady, upload } from './page.ts';
import { presets, writeRandomBundles } from './random-bundles.ts';

let folder: string;
let browser: Browser;
/** One with a system that fails on bright pictures, beside two others; and one with nothing else. */
let mixed: SiteServer;
let fragile: SiteServer;
let page: Page;

const path = (name: string) => join(folder, name);

function noise(seed: string): RgbImage {
  const rng = new Rng(seed);
  return { width: 96, height: 64, data: Uint8Array.from({ length: 96 * 64 * 3 }, () => rng.integer(256)) };
}

const white: RgbImage = { width: 96, height: 64, data: new Uint8Array(96 * 64 * 3).fill(255) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-labelling-'));
  await writeFile(path('dark.png'), await encodePng(noise('dark')));
  await writeFile(path('bright.png'), await encodePng(white));
  await writeVideo(
    path('long.mp4'),
    Array.from({ length: 400 }, (_, i) => noise(`${i}`)),
    { fps: 10 },
  );
  await writeVideo(
    path('middle.mp4'),
    Array.from({ length: 80 }, (_, i) => noise(`${i}`)),
    { fps: 10 },
  );
  await writeVideo(
    path('short.mp4'),
    Array.from({ length: 30 }, (_, i) => noise(`${i}`)),
    { fps: 10 },
  );
  const brighter = Array.from({ length: 60 }, (_, i) => (i < 30 ? noise(`${i}`) : white));
  await writeVideo(path('brighter.mp4'), brighter, { fps: 10 });
  const [frames, attentive] = await writeRandomBundles(path('bundles'));
  await writeFragileBundle(path('bundles/fragile'), 'fragile');
  await deploySite([frames, path('bundles/fragile'), attentive], path('mixed'), {
    examples: [path('short.mp4')],
  });
  await deploySite([path('bundles/fragile')], path('site'));
  mixed = await serveSite(path('mixed'), { port: 0 });
  fragile = await serveSite(path('site'), { port: 0 });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await mixed?.close();
  await fragile?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  page = await browser.newPage();
  page.setDefaultTimeout(60_000);
});
afterEach(() => page.close());

async function open(server: SiteServer): Promise<void> {
  await page.goto(server.url);
  await systemsReady(page);
}

/** Many key frames a second, which can be chosen once a video is there. */
async function chooseFastRate(): Promise<void> {
  await upload(page, path('short.mp4'));
  await page.selectOption('#rate', '5');
  await done();
}

const columns = () => page.locator('#columns button');
const titles = () => page.locator('#results h3').allTextContents();
const done = () => page.waitForSelector('body[data-state=done]');

describe('the timeline', () => {
  it('grows by a column a key frame, in their order, and keeps the columns before', async () => {
    await open(mixed);
    await chooseFastRate();
    await page.evaluate(() => {
      const added: Node[] = [];
      const removed: Node[] = [];
      Object.assign(window, { added, removed });
      new MutationObserver((changes) => {
        for (const { addedNodes, removedNodes } of changes) {
          added.push(...addedNodes);
          removed.push(...removedNodes);
        }
      }).observe(document.querySelector('#columns') ?? document, { childList: true });
    });
    await upload(page, path('middle.mp4'));
    const { added, removed, frames } = await page.evaluate(() => ({
      added: (window as never as { added: Node[] }).added.length,
      removed: (window as never as { removed: Node[] }).removed.length,
      frames: [...document.querySelectorAll<HTMLElement>('#columns button')].map((button) =>
        Number(button.dataset.frame),
      ),
    }));
    expect(frames.length).toBe(40);
    expect(frames).toEqual([...frames].sort((a, b) => a - b));
    // Those of the file before went.
    expect([added, removed]).toEqual([40, 15]);
    const result = await download(page);
    expect(frames).toEqual(result.files[0].keyFrames.map(({ frame }) => frame));
  });

  it('shows each key frame with its own picture, and goes on by arrows', async () => {
    await open(mixed);
    await upload(page, path('brighter.mp4'));
    const brightness = () =>
      page.locator('#picture').evaluate((canvas: HTMLCanvasElement) => {
        const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
        return Array.from(data ?? []).reduce((sum, value) => sum + value, 0) / (data?.length ?? 1);
      });
    await expect.poll(brightness).toBeLessThan(200);
    await columns().last().click();
    await expect.poll(brightness).toBeGreaterThan(250);
    await page.keyboard.press('Home');
    await expect.poll(brightness).toBeLessThan(200);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-frame'))).toBe('6');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-frame'))).toBe('16');
    // The tab key does not stop at every key frame.
    expect(await page.locator('#columns button[tabindex="0"]').count()).toBe(1);
  });

  it('says each key frame’s labels to those who do not see its cells', async () => {
    await open(mixed);
    await upload(page, path('short.mp4'));
    const { files } = await download(page);
    const ensemble = files[0].keyFrames[1].predictions.at(-1);
    const name = await columns().nth(1).getAttribute('aria-label');
    const spoken = (ensemble?.labels ?? []).slice(0, 3).map(({ label }) => label.replaceAll('-', ' '));
    expect(spoken.filter((label) => !name?.includes(label))).toEqual([]);
    expect(name).toMatch(/^Key frame at 0:01\.5: /);
  });
});

describe('labelling', () => {
  it('can be stopped, and says how far it came', async () => {
    await open(mixed);
    await chooseFastRate();
    await page.setInputFiles('#file', path('long.mp4'));
    await page.getByText(/^long.mp4 · .* of 400/).waitFor();
    await columns().nth(2).waitFor();
    await page.click('#stop');
    expect(await page.locator('body').getAttribute('data-state')).toBe('done');
    const count = await columns().count();
    expect(count).toBeLessThan(200);
    expect(await page.locator('#caption').textContent()).toContain(
      `stopped after ${count} of 200 key frames`,
    );
    expect((await download(page)).files[0]).toMatchObject({ stoppedAfter: count, keyFrameCount: 200 });
    await upload(page, path('dark.png'));
    expect(await page.locator('#caption').textContent()).toBe('dark.png · 96 × 64');
    expect(await page.locator('#timeline').isVisible()).toBe(false);
  });

  it('is of the file that was chosen last', async () => {
    await open(mixed);
    await chooseFastRate();
    await page.setInputFiles('#file', path('long.mp4'));
    await page.getByText(/^long.mp4 · .* of 400/).waitFor();
    await columns().nth(2).waitFor();
    for (const name of ['short.mp4', 'dark.png', 'brighter.mp4', 'short.mp4']) {
      await page.setInputFiles('#file', path(name));
    }
    await done();
    const [file] = (await download(page)).files;
    expect([file.file, file.keyFrames.length]).toEqual(['short.mp4', 15]);
    expect(await columns().count()).toBe(15);
  });

  it('does not go back to an example that arrives after another file was chosen', async () => {
    await open(mixed);
    let arrive = () => {};
    const held = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    await page.route('**/examples/*', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('button', { name: 'short.mp4' }).click();
    expect(await page.locator('#caption').textContent()).toBe('fetching short.mp4 …');
    await upload(page, path('dark.png'));
    const response = page.waitForResponse('**/examples/*');
    arrive();
    await (await response).finished();
    expect(await page.locator('#caption').textContent()).toBe('dark.png · 96 × 64');
  });

  it('goes on without a system that fails in the middle, as if it had never been there', async () => {
    await open(mixed);
    await upload(page, path('brighter.mp4'));
    expect(await errorMessage(page)).toMatch(
      /^fragile failed at frame 36; received probabilities must lie in 0–1/,
    );
    expect(await titles()).toEqual(['Ensemble', presets[0], presets[1]]);
    expect(await columns().count()).toBe(6);
    const { systems, ensemble, files, ...rest } = await download(page);
    expect(systems.map(({ name }) => name)).toEqual([presets[0], presets[1]]);
    expect(ensemble?.weights.length).toBe(2);
    expect(rest).toMatchObject({ missing: ['fragile'] });
    for (const { predictions } of files[0].keyFrames) {
      expect(predictions.map(({ system }) => system)).toEqual([presets[0], presets[1], 'ensemble']);
      const [a, b, both] = predictions.map(({ probabilities }) => probabilities);
      const [first, second] = ensemble?.weights ?? [];
      // The rule once more: half the weighted votes, half the weighted mean.
      const expected = a.map((p, i) => {
        const votes = (p >= 0.5 ? first : 0) + (b[i] >= 0.5 ? second : 0);
        return (votes + first * p + second * b[i]) / 2;
      });
      both.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    }
    await upload(page, path('dark.png'));
    expect(await errorMessage(page)).toBeNull();
    expect((await titles()).length).toBe(4);
  });

  it('says so when the last system fails, and offers to load afresh', async () => {
    await open(fragile);
    await upload(page, path('bright.png'));
    expect(await errorMessage(page)).toMatch(/probabilities must lie in 0–1.*fragile/);
    expect(await page.locator('#results section').count()).toBe(0);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('body[data-state=loading]');
    await done();
    await upload(page, path('dark.png'));
    expect(await errorMessage(page)).toBeNull();
    expect(await titles()).toEqual(['fragile']);
  });
});

describe('the attention', () => {
  it('that is alike everywhere is called even, and not painted', async () => {
    await open(fragile);
    await upload(page, path('dark.png'));
    expect(await errorMessage(page)).toBeNull();
    expect(await page.locator('#attention').textContent()).toContain('Attention of fragile');
    expect(await page.locator('#even').textContent()).toMatch(/even all over the picture \(0\.98\)/);
    expect(await page.locator('#heat').isVisible()).toBe(false);
    expect(await page.locator('#overlay').isVisible()).toBe(false);
    expect(await page.locator('#trained').textContent()).toMatch(
      /drawn figures.*on photographs they are guessing/,
    );
  });
});

describe('what is dropped', () => {
  const drop = (files: readonly string[]) =>
    page.evaluate((names) => {
      const transfer = new DataTransfer();
      for (const name of names) transfer.items.add(new File(['no picture'], name, { type: 'image/png' }));
      document.dispatchEvent(
        new DragEvent('drop', { dataTransfer: transfer, cancelable: true, bubbles: true }),
      );
    }, files);

  it('is one file, or the page says what it takes', async () => {
    await open(fragile);
    await drop([]);
    expect(await errorMessage(page)).toBe('drop an image or a video file; received something else');
    await drop(['a.png', 'b.png']);
    await done();
    expect(await errorMessage(page)).toMatch(/a\.png/);
  });
});
