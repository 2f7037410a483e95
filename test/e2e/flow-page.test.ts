import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { predictFile } from '../../eval/predict.ts';
import { exportBundle } from '../../jobs/export.ts';
import { deploySite } from '../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../jobs/site/serve.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { writeRandomRun } from '../exporters/random-run.ts';
import { launchChromium, quickStart } from './chromium.ts';
import { download, systemsReady, upload } from './page.ts';

let folder: string;
let browser: Browser;
let server: SiteServer;
const at = (name: string) => join(folder, name);

/** A texture that moves to the right and down. */
function frame(number: number): RgbImage {
  const [width, height] = [128, 96];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x - 2 * number, y - number];
      const level = 128 + 60 * Math.sin(u / 9) * Math.cos(v / 7) + 40 * Math.sin((u + 2 * v) / 11);
      data.set([level, 255 - level, level / 2], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-flow-page-'));
  const names = ['handShake', 'highFive', 'hug', 'kiss'];
  await writeRandomRun(at('run'), 'tv-hi-two-stream-tiny', {
    ...({ name: 'steps', task: 'single-label', names, codes: [] } as const),
  });
  await exportBundle(at('run'), { out: at('two-streams'), name: 'two-streams', backend: 'cpu' });
  await writeVideo(
    at('clip.mp4'),
    Array.from({ length: 20 }, (_, i) => frame(i)),
    { fps: 10 },
  );
  await deploySite([at('two-streams')], at('site'));
  server = await serveSite(at('site'), { port: 0 });
  browser = await launchChromium([quickStart]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

it('a system of a frame and of flow answers on the page what it does in Node', async () => {
  const classifier = await Classifier.open(await readBundle(at('two-streams')), nodeRuntime, {
    provider: 'cpu',
  });
  const expected: { frame: number; probabilities: number[] }[] = [];
  const { predictions } = await predictFile([classifier], at('clip.mp4'), { rate: 1 });
  for await (const { frame, probabilities } of predictions) {
    expected.push({ frame, probabilities: [...probabilities[0]] });
  }
  await classifier.release();
  expect(expected).toHaveLength(2);

  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(server.url);
  await systemsReady(page);
  expect(await page.locator('#systems li:visible').allTextContents()).toEqual([
    expect.stringMatching(/^two-streams 17 frames · wasm/),
  ]);
  await upload(page, at('clip.mp4'));
  // One label is predicted, and no bar has a threshold to reach.
  expect(await page.locator('#results .bars li.predicted').count()).toBe(1);
  expect(await page.locator('#results .bar:not(.plain)').count()).toBe(0);
  const { systems, files } = await download(page);
  expect(systems).toMatchObject([{ name: 'two-streams', threshold: null }]);
  const answered = files[0].keyFrames.map(({ frame, predictions: [{ probabilities }] }) => {
    return { frame, probabilities };
  });
  expect(answered).toEqual(
    expected.map(({ frame, probabilities }) => ({
      frame,
      probabilities: probabilities.map((p) => expect.closeTo(p, 3)),
    })),
  );
});
