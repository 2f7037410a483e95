import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploySite } from '../../jobs/site/deploy.ts';
import { type SiteServer, serveSite } from '../../jobs/site/serve.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { loadBundle, openClassifier, predictImage } from '../../web/client.ts';
import { writeRandomBundles } from '../e2e/random-bundles.ts';

let folder: string;
let site: string;
let server: SiteServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-site-'));
  const bundles = await writeRandomBundles(join(folder, 'bundles'));
  site = join(folder, 'site');
  await deploySite(bundles, site);
  server = await serveSite(site, { port: 0 });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('loadBundle and openClassifier, of a site', () => {
  const address = (name: string) => new URL(`bundles/${name}/`, server.url).href;

  it('fetch a bundle from a site, prove it and run it', async () => {
    const seen: number[] = [];
    const bundle = await loadBundle(address('apcd-resnet-tiny'), {
      onProgress: (loaded) => seen.push(loaded),
    });
    expect(seen.at(-1)).toBe(bundle.graph.length);
    const classifier = await openClassifier(bundle);
    const grey = { width: 9, height: 7, data: new Uint8Array(9 * 7 * 3).fill(128) };
    const { systems, ensemble } = await predictImage([classifier], grey);
    expect(systems[0].probabilities.length).toBe(a2dLabels.names.length);
    expect(systems[0].attention?.shape.length).toBe(2);
    expect(ensemble).toBeNull();
    await classifier.release();
  });

  it('refuse a graph that computes otherwise than its golden values say', async () => {
    const bundle = await loadBundle(address('pcd-resnet-tiny'));
    const { probabilities } = bundle.golden;
    const shifted = Float32Array.from(probabilities.data, (value) => (value + 0.5) % 1);
    const wrong = {
      ...bundle,
      golden: { ...bundle.golden, probabilities: { ...probabilities, data: shifted } },
    };
    await expect(openClassifier(wrong)).rejects.toThrow(
      /wasm computes pcd-resnet-tiny otherwise than its export/,
    );
  });

  it('fall back to wasm, and say why, where WebGPU is missing', async () => {
    const reasons: string[] = [];
    const classifier = await openClassifier(await loadBundle(address('pcd-resnet-tiny')), {
      provider: 'webgpu',
      onFallback: (reason) => reasons.push(reason),
    });
    expect(classifier.provider).toBe('wasm');
    expect(reasons).toEqual([expect.stringContaining('WebGPU is not available here')]);
    await classifier.release();
  });

  it('say what is missing, changed or no bundle', async () => {
    await expect(loadBundle(address('absent'))).rejects.toThrow(
      /bundles\/absent\/bundle\.json; received HTTP 404/,
    );
    await expect(loadBundle('http://127.0.0.1:9/')).rejects.toThrow(/cannot fetch \/bundle\.json/);
    const graph = join(site, 'bundles', 'pcd-r2plus1d-tiny', 'model.onnx');
    const bytes = await readFile(graph);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(graph, bytes);
    await expect(loadBundle(address('pcd-r2plus1d-tiny'))).rejects.toThrow(
      /model\.onnx does not match the hash/,
    );
    await writeFile(join(site, 'bundles', 'pcd-r2plus1d-tiny', 'bundle.json'), '<!doctype html>');
    await expect(loadBundle(address('pcd-r2plus1d-tiny'))).rejects.toThrow(/bundle\.json must be JSON/);
  });
});
