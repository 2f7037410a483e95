import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { html } from '../../../eval/report/html.ts';
import { thumbnail } from '../../../eval/report/picture.ts';
import { buildResult } from '../../../eval/result.ts';
import type { BundleManifest } from '../../../src/bundle/manifest.ts';
import { readImage } from '../../../src/node/image-file.ts';
import { ramp, sampleReport, writeSampleReport } from './sample-report.ts';

let folder: string;
let page: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-report-'));
  const path = await writeSampleReport(folder);
  expect(path).toBe(join(folder, 'index.html'));
  page = await readFile(path, 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a reader sees of a piece of HTML, white space folded. */
const textOf = (markup: string) =>
  markup
    .replace(/<(style|title)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();

describe('the report', () => {
  it('is one file', async () => {
    expect(await readdir(folder)).toEqual(['index.html']);
  });

  it('asks for nothing and runs nothing', () => {
    const addresses = [...page.matchAll(/\b(?:src|href|xlink:href)="([^"]*)"/g)];
    expect(addresses.map(([, address]) => address.slice(0, 23))).toEqual(['data:image/jpeg;base64,']);
    // References inside the page, each to one place.
    const references = [...page.matchAll(/url\(([^)]*)\)/g)].map(([, reference]) => reference);
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => `#${id}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(references));
    expect(page).not.toMatch(/<script|\son\w+=/i);
    expect(page).toContain("default-src 'none'");
  });

  it('says the scores in percent, worked out by hand', () => {
    // `one`: F1 of the samples 1, 2/3, 2/3, 2/3. `two`: 1, 1, 1, 4/5. The ensemble follows `two`, but for its
    // lonely bird: vote 0.75, mean 0.45.
    const rows = [...page.matchAll(/<tr class="[^"]*">.*?<\/tr>/gs)].map(([row]) => textOf(row));
    expect(rows).toEqual([
      'one 87.5 75.0 75.0',
      'two 91.7 100.0 95.0',
      'ensemble 91.7 100.0 95.0',
      expect.stringMatching(/^best constant \d+\.\d \d+\.\d \d+\.\d$/),
    ]);
    expect(textOf(page)).toContain('one 0.250, two 0.750 (val)');
  });

  it('lists every label that occurs, the most frequent first, and names those that do not', () => {
    const [, details] = page.split('<details>');
    const labels = [...details.matchAll(/<tr><td>(.*?)<\/td><td class="n">(\d+)/g)].map(([, label, n]) => [
      label,
      n,
    ]);
    expect(labels).toEqual([
      ['adult-walking', '3'],
      ['dog-running', '2'],
      ['cat-&lt;none&gt;', '1'],
    ]);
    expect(textOf(page)).toContain('Not in this split: bird-flying.');
  });

  it('marks what was found, missed and made up', () => {
    const [, sheet] = page.split('<div class="sheet">');
    const chips = [...sheet.split('</figure>')[0].matchAll(/<span class="chip (\w+)">(.*?)<\/span>/g)];
    expect(chips.map(([, kind, text]) => [kind, text])).toEqual([
      ['hit', 'adult-walking 0.56'],
      ['missed', 'cat-&lt;none&gt;'],
      ['extra', 'dog-running 0.71'],
    ]);
  });

  it('says the best epoch of every system', () => {
    expect(textOf(page)).toContain('one 50.0 at epoch 2');
    expect(textOf(page)).toContain('two 60.0 at epoch 2');
  });

  it('escapes what it is given', () => {
    expect(page).toContain('<h1>Tiny &amp; &lt;small&gt;, val split</h1>');
    expect(page).toContain('--data &quot;a &amp; b&quot;');
    expect(page).not.toContain('<none>');
    expect(page).not.toContain('<small>,');
  });

  it('leaves out what there is none of', async () => {
    const { result } = await sampleReport();
    const bare = await writeSampleReport(join(folder, 'bare'), {
      result: { ...result, ensemble: null },
      training: [],
      errors: [],
    });
    const text = textOf(await readFile(bare, 'utf8'));
    expect(text).not.toMatch(/Learning|Worst errors|ensemble/);
    expect(text).toContain('best constant');
  });
});

describe('its pictures', () => {
  it('are JPEGs of the frames', async () => {
    const [encoded] = [...page.matchAll(/data:image\/jpeg;base64,([^"]+)/g)].map(([, base64]) => base64);
    const { width, height, data } = await readImage(Buffer.from(encoded, 'base64'));
    expect({ width, height }).toEqual({ width: 40, height: 30 });
    expect(Math.abs(data[39 * 3] - 39 * 6)).toBeLessThan(8);
  });

  it('are shrunk to 360 pixels across, never enlarged', () => {
    const wide = { width: 720, height: 101, data: new Uint8Array(720 * 101 * 3) };
    expect(thumbnail(wide)).toMatchObject({ width: 360, height: 51 });
    expect(thumbnail(ramp)).toBe(ramp);
  });
});

it('html`` escapes text, keeps markup, joins lists and leaves null out', () => {
  const item = (text: string) => html`<li title="${text}">${text}</li>`;
  expect(html`<ul>${['a<b', `"it's"`].map(item)}${null}${3}</ul>`.markup).toBe(
    '<ul><li title="a&lt;b">a&lt;b</li><li title="&quot;it&#39;s&quot;">&quot;it&#39;s&quot;</li>3</ul>',
  );
});

describe('the report of one label a sample', () => {
  it('shows accuracies, and what is taken for what', async () => {
    const names = ['walk', 'run', '<jump>'];
    const task = { kind: 'single-label' } as const;
    // Two of four right: walk, run for walk, run, walk for run; nobody jumps.
    const probabilities = Float32Array.of(0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.1, 0.8, 0.1, 0.5, 0.3, 0.2);
    const { result } = await buildResult(
      {
        ...{ dataset: 'steps', split: 'test', samples: 4, broken: [], versions: {} },
        labels: { name: 'steps', task: 'single-label', names, codes: [] },
        truth: Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0),
      },
      [
        {
          manifest: { name: 'one', task, graph: { sha256: '0' } } as BundleManifest,
          ...{ bundle: 'bundles/one', provider: 'cpu', probabilities },
        },
      ],
      null,
    );
    const path = await writeSampleReport(join(folder, 'single'), { result, training: [], errorsOf: 'one' });
    const text = textOf(await readFile(path, 'utf8'));
    expect(text).toContain('Best top-1 accuracy 50.0 % one');
    expect(text).toContain('Best constant prediction 50.0 % walk');
    expect(text).toContain('system Top-1 Top-5 Class mean one 50.0 100.0 50.0 best constant 50.0 100.0 50.0');
    expect(text).toContain('Confusion');
    expect(text).toMatch(/walk run <jump> walk 1 1 run 1 1 /);
    expect(text).not.toContain('F1 50.0');
  });

  it('has no confusion where several labels may hold', () => {
    expect(textOf(page)).not.toContain('Confusion');
  });
});
