import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { tensor } from '../../src/core/tensor.ts';
import { loadBundle } from '../../web/client.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';
import { cut, type FaultyServer, serveFaulty, stall } from './faulty-server.ts';

let folder: string;
/** A bundle with its weights in a file of their own. */
let original: string;
let server: FaultyServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-load-'));
  original = join(folder, 'original');
  // The weights are only carried: nothing opens them here.
  const data = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251);
  const { manifest, graph } = await tinyBundle('tiny-frame');
  const external = { file: 'model.onnx.data', sha256: hash(data), bytes: data.length };
  await writeTinyBundle(original, {
    manifest: { ...manifest, graph: { ...manifest.graph, external } },
    graph,
  });
  await writeFile(join(original, 'model.onnx.data'), data);
  server = await serveFaulty(folder, {
    answer: (path, response, file) => {
      if (path === '/cut/model.onnx.data') return cut(response, file);
      return path === '/stalled/model.onnx.data' && stall(response, file);
    },
  });
});
afterAll(async () => {
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A copy of the bundle, changed. @returns its address */
async function copyWith(name: string, change: (copy: string) => Promise<void>): Promise<string> {
  const copy = join(folder, name);
  await cp(original, copy, { recursive: true });
  await change(copy);
  return `${server.url}${name}/`;
}

function hash(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Turns one bit near the end of a file, where its numbers are: it can still be read. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 9] ^= 1;
  await writeFile(path, bytes);
}

async function changeManifest(copy: string, change: (manifest: BundleManifest) => unknown): Promise<void> {
  const path = join(copy, 'bundle.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  change(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

describe('loadBundle', () => {
  it('gives what the folder holds, and counts graph and weights together', async () => {
    const seen: [number, number][] = [];
    const bundle = await loadBundle(await copyWith('whole', async () => {}), {
      onProgress: (loaded, total) => seen.push([loaded, total]),
    });
    expect(hash(bundle.graph)).toBe(hash(await readFile(join(original, 'model.onnx'))));
    expect(hash(bundle.external ?? '')).toBe(hash(await readFile(join(original, 'model.onnx.data'))));
    const total = bundle.graph.length + 20_000;
    expect(seen.at(-1)).toEqual([total, total]);
    expect(new Set(seen.map(([, all]) => all))).toEqual(new Set([total]));
    const loaded = seen.map(([bytes]) => bytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(bundle.manifest).toEqual(JSON.parse(await readFile(join(original, 'bundle.json'), 'utf8')));
    const golden = { 'output.probabilities': tensor(new Float32Array(43), [1, 43]) };
    expect(bundle.golden).toEqual(golden);
  });

  it('gives a bundle without other weights, from an address without a slash, to nobody who listens', async () => {
    const address = await copyWith('inside', (copy) =>
      changeManifest(copy, ({ graph }) => {
        delete (graph as { external?: object }).external;
      }),
    );
    const seen: [number, number][] = [];
    const onProgress = (...progress: [number, number]) => seen.push(progress);
    const bundle = await loadBundle(address.slice(0, -1), { onProgress });
    expect(bundle.external).toBeUndefined();
    expect(seen.at(-1)).toEqual([bundle.graph.length, bundle.graph.length]);
    expect((await loadBundle(address)).graph).toEqual(bundle.graph);
  });

  it.each([['bundle.json'], ['model.onnx'], ['model.onnx.data'], ['golden.safetensors']])(
    'says that %s is not there',
    async (file) => {
      const address = await copyWith(`without ${file}`, (copy) => rm(join(copy, file)));
      await expect(loadBundle(address)).rejects.toThrow(
        `cannot fetch /without%20${file}/${file}; received HTTP 404; check the address`,
      );
    },
  );

  it('says that a manifest is no JSON, no text or no manifest', async () => {
    const withManifest = (name: string, content: string | Uint8Array) =>
      copyWith(name, (copy) => writeFile(join(copy, 'bundle.json'), content));
    await expect(loadBundle(await withManifest('page', '<!doctype html>'))).rejects.toThrow(
      /^\/page\/bundle\.json must be JSON; received .*<.*; check that the address is that of a bundle folder$/,
    );
    await expect(loadBundle(await withManifest('bytes', Uint8Array.of(123, 0xff, 125)))).rejects.toThrow(
      '/bytes/bundle.json',
    );
    await expect(loadBundle(await withManifest('other', '{}'))).rejects.toThrow(
      '/other/bundle.json is not a valid bundle manifest; received format',
    );
  });

  it.each(['model.onnx', 'model.onnx.data', 'golden.safetensors'])('refuses a damaged %s', async (file) => {
    const address = await copyWith(`damaged ${file}`, (copy) => damage(join(copy, file)));
    await expect(loadBundle(address)).rejects.toThrow(
      new RegExp(
        `^tiny-frame/${file} does not match the hash in its bundle\\.json; ` +
          'received [0-9a-f]{12}… instead of [0-9a-f]{12}…; deploy the bundle again and reload without the cache$',
      ),
    );
  });

  it('refuses labels in another order than they were exported in', async () => {
    const address = await copyWith('labels', (copy) =>
      changeManifest(copy, ({ labels }) => labels.names.reverse()),
    );
    await expect(loadBundle(address)).rejects.toThrow(
      /^the labels of tiny-frame do not match their hash in its bundle\.json; .*; deploy the bundle again/,
    );
  });

  it('ends with what happened when a file stops coming', async () => {
    const broken = await copyWith('cut', async () => {});
    await expect(loadBundle(broken)).rejects.toThrow(/^the connection broke while \/cut\/model\.onnx\.data/);
    const stalled = await copyWith('stalled', async () => {});
    await expect(loadBundle(stalled, { stallTimeout: 300 })).rejects.toThrow(
      /^\/stalled\/model\.onnx\.data does not arrive; received \d+ bytes and then nothing for 0\.3 s/,
    );
    const signal = AbortSignal.timeout(300);
    await expect(loadBundle(stalled, { signal })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );
  });

  it('finds files whose names mean something in an address', async () => {
    const address = await copyWith('named', async (copy) => {
      await cp(join(copy, 'golden.safetensors'), join(copy, 'golden #1 50%.safetensors'));
      await changeManifest(copy, ({ golden }) =>
        Object.assign(golden, { file: 'golden #1 50%.safetensors' }),
      );
    });
    expect(Object.keys((await loadBundle(address)).golden)).toContain('output.probabilities');
  });
});
