import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploySite } from '../../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../../jobs/site/serve.ts';
import { flow } from '../../../src/inputs/flow.ts';
import { writeRandomBundles } from '../../e2e/random-bundles.ts';

let folder: string;
let bundles: string[];
let site: string;
let server: SiteServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-site-'));
  bundles = await writeRandomBundles(join(folder, 'bundles'));
  await writeFile(join(folder, 'an example.txt'), 'not a picture, but a file');
  site = join(folder, 'site');
  await deploySite(bundles, site, { examples: [join(folder, 'an example.txt')] });
  server = await serveSite(site, { port: 0 });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A copy of the first bundle with another manifest. */
async function changedBundle(
  name: string,
  change: (manifest: Record<string, unknown>) => void,
): Promise<string> {
  const copy = join(folder, name);
  await mkdir(copy, { recursive: true });
  for (const file of await readdir(bundles[0]))
    await writeFile(join(copy, file), await readFile(join(bundles[0], file)));
  const manifest = JSON.parse(await readFile(join(copy, 'bundle.json'), 'utf8'));
  change(manifest);
  await writeFile(join(copy, 'bundle.json'), JSON.stringify(manifest));
  return copy;
}

describe('deploySite', () => {
  it('writes the page, the wasm files, the bundles and what lists them', async () => {
    expect((await readdir(site)).sort()).toEqual(
      ['assets', 'bundles', 'examples', 'index.html', 'licenses.txt', 'ort', 'site.json'].sort(),
    );
    const { systems, examples } = JSON.parse(await readFile(join(site, 'site.json'), 'utf8'));
    expect(systems[1]).toEqual({ name: 'apcd-resnet-tiny', bundle: 'bundles/apcd-resnet-tiny/' });
    expect(examples).toEqual([{ name: 'an example.txt', file: 'examples/an%20example.txt' }]);
    expect(await readdir(join(site, 'ort'))).toContain('ort-wasm-simd-threaded.wasm');
    const page = await readFile(join(site, 'index.html'), 'utf8');
    expect(await readFile(join(site, 'licenses.txt'), 'utf8')).toMatch(/mediabunny.*MPL-2\.0/);
    expect(page).not.toMatch(/(?:src|href)="(?:\/|https?:)/);
  });

  it('has OpenCV beside the page where a bundle looks at flow, and not elsewhere', async () => {
    const flowing = await changedBundle('flowing', (manifest) => {
      const inputs = [{ name: 'flow', ...flow({ height: 8, width: 8, frames: 2 }) }];
      Object.assign(manifest, { name: 'flowing', inputs });
    });
    const out = join(folder, 'with-flow');
    await deploySite([bundles[0], flowing], out);
    const { files } = JSON.parse(await readFile(join(out, 'site.json'), 'utf8'));
    expect(files).toEqual(expect.arrayContaining(['opencv/opencv.mjs', 'opencv/LICENSE']));
    expect((await readFile(join(out, 'opencv', 'opencv.mjs'), 'utf8')).length).toBeGreaterThan(1e7);
    // It goes with the system that needed it.
    await deploySite(bundles.slice(0, 1), out);
    expect(await readdir(out)).not.toContain('opencv');
  });

  it('replaces an earlier site, and nothing else', async () => {
    const out = join(folder, 'again');
    await deploySite(bundles.slice(0, 1), out);
    await deploySite(bundles.slice(1, 2), out);
    expect(await readdir(join(out, 'bundles'))).toEqual(['apcd-resnet-tiny']);
    // As older versions left it, and with what others put there.
    const { files, ...older } = JSON.parse(await readFile(join(out, 'site.json'), 'utf8'));
    expect(files).toContain('bundles/apcd-resnet-tiny/model.onnx');
    await writeFile(join(out, 'site.json'), JSON.stringify(older));
    await writeFile(join(out, 'CNAME'), 'example.org');
    await mkdir(join(out, 'bundles', 'theirs'));
    await deploySite(bundles.slice(0, 1), out);
    expect((await readdir(join(out, 'bundles'))).sort()).toEqual(['pcd-resnet-tiny', 'theirs']);
    expect(await readFile(join(out, 'CNAME'), 'utf8')).toBe('example.org');
    // A bundle of the site itself.
    await deploySite([join(out, 'bundles', 'pcd-resnet-tiny')], out);
    expect((await readdir(join(out, 'bundles'))).sort()).toEqual(['pcd-resnet-tiny', 'theirs']);
    const precious = join(folder, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'thesis.tex'), 'years of work');
    await expect(deploySite(bundles, precious)).rejects.toThrow(/holds other files: thesis\.tex/);
    expect(await readdir(precious)).toEqual(['thesis.tex']);
  });

  it('leaves nothing behind when a bundle is broken', async () => {
    const broken = await changedBundle('broken', (manifest) => {
      (manifest.graph as { sha256: string }).sha256 = '0'.repeat(64);
    });
    const out = join(folder, 'never');
    await expect(deploySite([broken], out)).rejects.toThrow(/model\.onnx is not the file that was exported/);
    expect((await readdir(folder)).filter((name) => name.includes('never'))).toEqual([]);
  });

  it('refuses names that lead elsewhere, names that occur twice, and missing examples', async () => {
    const out = join(folder, 'never');
    const escaping = await changedBundle('escaping', (manifest) => {
      manifest.name = '../../outside';
    });
    await expect(deploySite([escaping], out)).rejects.toThrow(/named with letters.*outside/);
    await expect(deploySite([bundles[0], bundles[0]], out)).rejects.toThrow(/pcd-resnet-tiny twice/);
    await expect(deploySite(bundles, out, { examples: ['absent.mp4'] })).rejects.toThrow(
      /no example file absent/,
    );
  });
});

describe('serveSite', () => {
  it('isolates the page, so that wasm threads work, and types its files', async () => {
    const page = await fetch(server.url);
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    const wasm = await fetch(new URL('ort/ort-wasm-simd-threaded.wasm', server.url), { method: 'HEAD' });
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
    expect((await fetch(new URL('absent', server.url))).status).toBe(404);
    expect((await fetch(new URL('..%2fbundles%2f', server.url))).status).toBe(404);
  });

  it('says so when the port is taken, or the folder is no site', async () => {
    const port = Number(new URL(server.url).port);
    await expect(serveSite(site, { port })).rejects.toThrow(
      `port ${port} is taken; choose another with --port`,
    );
    await expect(serveSite(folder, { port: 0 })).rejects.toThrow(/is not a site.*actionnx deploy/);
  });

  it('frees the port when it is closed', async () => {
    const second = await serveSite(site, { port: 0 });
    const port = Number(new URL(second.url).port);
    await second.close();
    const third = await serveSite(site, { port });
    await third.close();
  });
});
