import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { voteAverage, voteAverageWeights } from '../../eval/ensemble.ts';
import { predictFile } from '../../eval/predict.ts';
import { deploySite } from '../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../jobs/site/serve.ts';
import { Rng } from '../../src/core/rng.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { encodeJpeg, encodePng } from '../../src/node/image-file.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { f1Of } from '../bundle-parts.ts';
import { launchChromium } from './chromium.ts';
import { download, errorMessage, systemsReady, upload } from './page.ts';
import { presets, writeRandomBundles } from './random-bundles.ts';

const realClips = new URL('../../../shared/real/clips/', import.meta.url);
const hasRealClips = existsSync(realClips);
if (!hasRealClips) console.warn('skipped: "the page on real clips": no folder ../shared/real/clips');

let folder: string;
let classifiers: Classifier[];
let server: SiteServer;
let browser: Browser;
let page: Page;
/** Everything the page fetched, and everything it complained about. */
const requested: string[] = [];
const complaints: string[] = [];

/** Coloured blobs of several sizes, another picture for every seed. */
function picture(seed: string, width: number, height: number): RgbImage {
  const rng = new Rng(seed);
  const data = Uint8Array.from({ length: 12 * 9 * 3 }, () => rng.integer(256));
  return resizeBilinear({ width: 12, height: 9, data }, width, height);
}

/** The same JPEG with an EXIF tag that says: turned by a quarter. */
function turned(jpeg: Uint8Array): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const body = [...new TextEncoder().encode('Exif\0\0'), ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, ...jpeg.subarray(2)]);
}

async function writeInputs(): Promise<void> {
  const jpeg = await encodeJpeg(picture('jpeg', 320, 240));
  const frames = Array.from({ length: 45 }, (_, i) => picture(`frame ${i >> 3}`, 160, 120));
  await writeFile(join(folder, 'picture.png'), await encodePng(picture('png', 213, 161)));
  await writeFile(join(folder, 'picture.jpg'), jpeg);
  await writeFile(join(folder, 'turned.jpg'), turned(jpeg));
  await writeVideo(join(folder, 'clip.mp4'), frames, { fps: 15 });
  await writeFile(join(folder, 'truncated.jpg'), jpeg.subarray(0, jpeg.length / 2));
  await writeFile(
    join(folder, 'truncated.mp4'),
    (await readFile(join(folder, 'clip.mp4'))).subarray(0, 20_000),
  );
  await writeFile(join(folder, 'words.png'), 'no picture at all');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-browser-'));
  const bundles = await writeRandomBundles(join(folder, 'bundles'));
  await writeInputs();
  classifiers = [];
  for (const path of bundles) classifiers.push(await Classifier.open(await readBundle(path), nodeRuntime));
  await deploySite(bundles, join(folder, 'site'), { examples: [join(folder, 'picture.png')] });
  server = await serveSite(join(folder, 'site'), { port: 0 });
  browser = await launchChromium();
  page = await browser.newPage();
  page.setDefaultTimeout(100_000);
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(server.url);
  await systemsReady(page);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What Node says about a file: for each key frame the systems' probabilities and the ensemble's. */
async function predictInNode(path: string) {
  const { info, predictions } = await predictFile(classifiers, path, { rate: 1 });
  const weights = voteAverageWeights(classifiers.map(({ manifest }) => f1Of(manifest)));
  const keyFrames = [];
  for await (const { frame, time, probabilities } of predictions) {
    keyFrames.push({ frame, time, rows: [...probabilities, voteAverage(probabilities, weights)] });
  }
  return { info, keyFrames };
}

/** Labels a file in the page and in Node, and compares size, key frames and every probability. */
async function expectSame(path: string): Promise<void> {
  await upload(page, path);
  expect(await errorMessage(page)).toBeNull();
  const result = await download(page);
  const expected = await predictInNode(path);
  const [file] = result.files;
  expect(file).toMatchObject({ file: basename(path), kind: expected.info.kind });
  expect([file.width, file.height]).toEqual([expected.info.width, expected.info.height]);
  const { fps, duration, frameCount } = expected.info;
  expect([file.fps, file.duration, file.frameCount]).toEqual([fps, duration, frameCount]);
  expect(file.keyFrames.map(({ frame, time }) => [frame, time])).toEqual(
    expected.keyFrames.map(({ frame, time }) => [frame, time]),
  );
  let worst = 0;
  file.keyFrames.forEach(({ predictions }, k) => {
    expect(predictions.map(({ system }) => system)).toEqual([...presets, 'ensemble']);
    predictions.forEach(({ probabilities }, system) => {
      const rows = expected.keyFrames[k].rows[system];
      expect(probabilities.length).toBe(43);
      probabilities.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - rows[i]));
      });
    });
  });
  expect(worst).toBeLessThanOrEqual(1e-3);
}

describe('the page in Chromium', () => {
  it('is cross-origin isolated, so that wasm may use threads', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(await page.locator('#systems li.ready').count()).toBe(presets.length);
  });

  it.each(['picture.png', 'picture.jpg', 'turned.jpg', 'clip.mp4'])(
    'labels %s as Node does',
    async (name) => {
      await expectSame(join(folder, name));
    },
  );

  it('lists the ensemble and every system, most probable label first, predicted ones marked', async () => {
    await upload(page, join(folder, 'picture.png'));
    const result = await download(page);
    const predictions = result.files[0].keyFrames[0].predictions;
    const titles = await page.locator('#results h3').allTextContents();
    expect(titles).toEqual(['Ensemble', ...presets]);
    for (const { system, labels, probabilities } of predictions) {
      const title = system === 'ensemble' ? 'Ensemble' : system;
      const rows = page.locator(`section[aria-label="Labels by ${title}"] li`);
      expect(await rows.count()).toBe(43);
      const best = result.systems[0].labels[probabilities.indexOf(Math.max(...probabilities))];
      expect(await rows.first().getAttribute('data-label')).toBe(best);
      const marked = page.locator(`section[aria-label="Labels by ${title}"] li.predicted`);
      expect(await marked.count()).toBe(labels.length);
    }
  });

  it('draws the attention as a map that follows the slider', async () => {
    const spread = await page.locator('#heat').evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      const reds = Array.from(data).filter((_, i) => i % 4 === 0);
      return Math.max(...reds.slice(0, 50_000)) - Math.min(...reds.slice(0, 50_000));
    });
    expect(spread).toBeGreaterThan(100);
    await page.locator('#opacity').fill('0.2');
    expect(await page.locator('#heat').evaluate((canvas) => getComputedStyle(canvas).opacity)).toBe('0.2');
    await page.locator('#overlay').uncheck();
    expect(await page.locator('#heat').isVisible()).toBe(false);
    await page.locator('#overlay').check();
    expect(await page.locator('#heat').isVisible()).toBe(true);
  });

  it('shows a video as key frames, at the chosen rate, one selected at a time', async () => {
    await upload(page, join(folder, 'clip.mp4'));
    expect(await page.locator('#columns button').count()).toBe(3);
    await page.locator('#columns button').nth(2).click();
    expect(await page.locator('#caption').textContent()).toContain('frame 38 of 45');
    await page.selectOption('#rate', '2');
    await page.waitForSelector('body[data-state=done]');
    expect(await page.locator('#columns button').count()).toBe(6);
    await page.selectOption('#rate', '1');
    await page.waitForSelector('body[data-state=done]');
  });

  it('offers the examples', async () => {
    await page.getByRole('button', { name: 'picture.png' }).click();
    await page.getByText('picture.png · 213 × 161').waitFor();
    expect(await errorMessage(page)).toBeNull();
  });

  it.each([
    ['truncated.jpg', 'truncated.jpg ends before its image does; received a JPEG with '],
    ['truncated.mp4', 'truncated.mp4'],
    ['words.png', 'words.png cannot be decoded'],
  ])('says what is wrong with %s and goes on', async (name, message) => {
    await upload(page, join(folder, name));
    expect(await errorMessage(page)).toContain(message);
    expect(await page.locator('#download').isVisible()).toBe(false);
    await upload(page, join(folder, 'picture.png'));
    expect(await errorMessage(page)).toBeNull();
  });

  it('shows nothing of an earlier file beside what is wrong with a later one', async () => {
    await upload(page, join(folder, 'clip.mp4'));
    const shown = ['#frame', '#attention', '#timeline', '#results section', '#download'];
    const visible = () => Promise.all(shown.map((part) => page.locator(part).first().isVisible()));
    expect(await visible()).toEqual(shown.map(() => true));
    await upload(page, join(folder, 'words.png'));
    expect(await errorMessage(page)).toContain('words.png cannot be decoded');
    expect(await visible()).toEqual(shown.map(() => false));
    expect(await page.locator('#caption').textContent()).toBe('');
    expect(await page.locator('#drop').isVisible()).toBe(true);
    expect(await page.locator('#results').textContent()).toContain('The labels will appear here.');
    await upload(page, join(folder, 'clip.mp4'));
    expect(await visible()).toEqual(shown.map(() => true));
  });

  it('falls back to wasm, and says why, where there is no GPU', async () => {
    await page.selectOption('#provider', 'webgpu');
    await systemsReady(page);
    await page.waitForFunction(() => document.querySelectorAll('#systems li.ready').length === 3);
    expect(await page.locator('#systems li').first().textContent()).toMatch(/wasm.*fell back.*WebGPU/i);
    await page.selectOption('#provider', 'wasm');
    await systemsReady(page);
  });

  it('talks to nobody but its own server, and complains of nothing', () => {
    expect(requested.filter((url) => !url.startsWith(server.url) && !url.startsWith('blob:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe.runIf(hasRealClips)('the page on real clips', () => {
  it.each(['basketball.mp4', 'pool-cleaning-part.mp4'])('labels %s as Node does', async (name) => {
    await expectSame(new URL(name, realClips).pathname);
  });
});
