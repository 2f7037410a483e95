import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleReport, writeSampleReport } from '../eval/report/sample-report.ts';
import { launchChromium } from './chromium.ts';

let folder: string;
let browser: Browser;
let address: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-report-'));
  address = pathToFileURL(await writeSampleReport(folder)).href;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

it('opens without a request or a complaint, and shows its pictures', async () => {
  const page = await browser.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(address);
  expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
  expect(complaints).toEqual([]);
  const widths = await page
    .locator('img')
    .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
  expect(widths).toEqual([40]);
  await page.close();
});

it("draws bars as long as each label's F1", async () => {
  const page = await browser.newPage();
  await page.goto(address);
  const drawn = await page.locator('svg[aria-label="F1 by label"] path').evaluateAll((paths) =>
    paths.map((path) => ({
      fill: path.getAttribute('fill'),
      width: (path as SVGPathElement).getBBox().width,
    })),
  );
  const track = Math.max(...drawn.filter(({ fill }) => fill === 'var(--track)').map(({ width }) => width));
  const { result } = await sampleReport();
  // The most frequent label first, as it is drawn.
  for (const [k, colour] of ['var(--s0)', 'var(--s1)', 'var(--ensemble)'].entries()) {
    const { perLabel } = [...result.systems, result.ensemble!][k];
    const bars = drawn.filter(({ fill }) => fill === colour).map(({ width }) => width / track);
    const expected = [0, 2, 1].map((index) => perLabel[index].f1 ?? 0);
    expect(bars.length).toBe(expected.length);
    for (const [i, share] of expected.entries()) expect(bars[i]).toBeCloseTo(share, 2);
  }
  await page.close();
});

it.each(['light', 'dark'] as const)('is readable in the %s', async (colorScheme) => {
  const page = await browser.newPage({ colorScheme });
  await page.goto(address);
  const [ink, paper] = await page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return [color, backgroundColor].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  });
  expect(contrast(ink, paper)).toBeGreaterThan(7);
  await page.close();
});

/** WCAG 2.2's contrast ratio of two sRGB colours. */
function contrast(a: readonly number[], b: readonly number[]): number {
  const [low, high] = [a, b].map(luminance).sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: readonly number[]): number {
  const [r, g, b] = colour.map((level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
