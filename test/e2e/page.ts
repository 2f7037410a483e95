import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** What the page's download and `actionnx predict --json` have in common. */
export interface PredictionFile {
  readonly systems: readonly { name: string; provider: string; labels: string[] }[];
  readonly ensemble: { rule: string; weights: number[] } | null;
  readonly files: readonly {
    file: string;
    kind: 'image' | 'video';
    width: number;
    height: number;
    fps: number | null;
    duration: number | null;
    frameCount: number;
    keyFrames: readonly {
      frame: number;
      time: number;
      predictions: readonly {
        system: string;
        labels: { label: string; probability: number }[];
        probabilities: number[];
      }[];
    }[];
  }[];
}

/** Waits until all systems are loaded. @throws Error with the page's own message when they do not load */
export async function systemsReady(page: Page): Promise<void> {
  await page.waitForSelector('body[data-state=ready], body[data-state=done], body[data-state=failed]');
  const message = await errorMessage(page);
  if (message) throw new Error(`the page says: ${message}`);
}

/** The errors that the page shows, of its systems and of the file; or null. */
export async function errorMessage(page: Page): Promise<string | null> {
  const texts = await page.locator('.error:visible p').allTextContents();
  return texts.length > 0 ? texts.join('\n') : null;
}

/** Gives the page a file as a person does, and waits until it has labelled it or complained. */
export async function upload(page: Page, path: string): Promise<void> {
  await page.setInputFiles('#file', path);
  await page.waitForSelector('body[data-state=done]');
}

/** What the page's "Download JSON" gives. */
export async function download(page: Page): Promise<PredictionFile> {
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  return JSON.parse(await readFile(await saved.path(), 'utf8'));
}
