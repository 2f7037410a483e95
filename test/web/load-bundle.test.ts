import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BundleManifest } from '../../src/core/bundle.ts';
import { loadBundle } from '../../web/client.ts';
import { writeRandomBundles } from '../e2e/random-bundles.ts';
import { cut, type FaultyServer, serveFaulty, stall } from './faulty-server.ts';

let folder: string;
/** A bundle with its weights in a file of their own. */
let original: string;
let server: FaultyServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-load-'));
  [original] = await writeRandomBundles(folder);
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
    const total = bundle.graph.length + (bundle.external?.length ?? 0);
    expect(seen.at(-1)).toEqual([total, total]);
  });

  it.each(['model.onnx', 'model.onnx.data', 'golden.safetensors'])('refuses a damaged %s', async (file) => {
    const address = await copyWith(`damaged ${file}`, (copy) => damage(join(copy, file)));
    await expect(loadBundle(address)).rejects.toThrow(
      new RegExp(
        `^pcd-resnet-tiny/${file} does not match the hash in its bundle\\.json; received [0-9a-f]{12}…`,
      ),
    );
  });

  it('refuses labels in another order than they were exported in', async () => {
    const address = await copyWith('labels', (copy) =>
      changeManifest(copy, ({ labels }) => labels.names.reverse()),
    );
    await expect(loadBundle(address)).rejects.toThrow(
      /^the labels of pcd-resnet-tiny do not match their hash in its bundle\.json; .*; deploy the bundle again/,
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
    expect(Object.keys((await loadBundle(address)).golden)).toContain('probabilities');
  });
});
