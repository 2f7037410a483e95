import { type Bundle, parseManifest } from '../src/bundle/manifest.ts';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { labelSetHash } from '../src/core/labels.ts';
import { decodeSafetensors } from '../src/core/safetensors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { decodeText } from '../src/core/text.ts';
import { absoluteUrl, download } from '../src/runtime/download.ts';

/** A bundle fetched by a browser, with the few inputs and outputs that prove a provider right. */
export interface LoadedBundle extends Bundle {
  readonly golden: Readonly<Record<string, Tensor>>;
}

export interface LoadOptions {
  /** Called as the graph and its weights arrive, in bytes. */
  readonly onProgress?: (loaded: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Milliseconds without a byte of a file after which the bundle is given up. Default: 60 000. */
  readonly stallTimeout?: number;
}

/**
 * Fetches a bundle, and checks labels, graph, weights and golden file against the hashes in its manifest.
 *
 * @param url of the bundle's folder, absolute or relative to the page
 * @throws DownloadError when a file is missing or stops coming; UserError when the manifest is not valid, or a hash
 *   does not match; the signal's reason when it was aborted
 * @example const bundle = await loadBundle('/bundles/apcd-resnet/');
 */
export async function loadBundle(url: string, options: LoadOptions = {}): Promise<LoadedBundle> {
  const { onProgress, ...downloadOptions } = options;
  const folder = absoluteUrl(url.endsWith('/') ? url : `${url}/`);
  const manifestUrl = new URL('bundle.json', folder);
  const text = decodeText((await download(manifestUrl, downloadOptions)).bytes, manifestUrl.pathname);
  const manifest = parseManifest(parseJson(text, manifestUrl), manifestUrl.pathname);
  const { graph, golden, labels } = manifest;
  if ((await labelSetHash(labels)) !== labels.hash) {
    throw new UserError(`the labels of ${manifest.name} do not match their hash in its bundle.json`, {
      received: `${labels.names.length} names of another hash`,
      remedy: 'deploy the bundle again and reload without the cache',
    });
  }
  const { external } = graph;
  const total = graph.bytes + (external?.bytes ?? 0);
  const arrived = new Map<string, number>();
  const fetchFile = async (file: string, onBytes?: (loaded: number) => void) =>
    (await download(new URL(encodeURIComponent(file), folder), { ...downloadOptions, onBytes })).bytes;
  const fetchWeights = (file: string) =>
    fetchFile(file, (loaded) => {
      arrived.set(file, loaded);
      onProgress?.(
        [...arrived.values()].reduce((sum, part) => sum + part, 0),
        total,
      );
    });
  const [graphBytes, goldenBytes, externalBytes] = await Promise.all([
    fetchWeights(graph.file),
    fetchFile(golden.file),
    external && fetchWeights(external.file),
  ]);
  await checkHash(graphBytes, graph.sha256, `${manifest.name}/${graph.file}`);
  await checkHash(goldenBytes, golden.sha256, `${manifest.name}/${golden.file}`);
  if (external && externalBytes) {
    await checkHash(externalBytes, external.sha256, `${manifest.name}/${external.file}`);
  }
  const { tensors } = decodeSafetensors(goldenBytes, `${manifest.name}/${golden.file}`);
  return { manifest, graph: graphBytes, external: externalBytes, golden: tensors };
}

function parseJson(text: string, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${url.pathname} must be JSON`, {
      received: reasonOf(cause),
      remedy: 'check that the address is that of a bundle folder',
      cause,
    });
  }
}

async function checkHash(bytes: Uint8Array, expected: string, what: string): Promise<void> {
  const actual = await sha256(bytes);
  if (actual === expected) return;
  throw new UserError(`${what} does not match the hash in its bundle.json`, {
    received: `${actual.slice(0, 12)}… instead of ${expected.slice(0, 12)}…`,
    remedy: 'deploy the bundle again and reload without the cache',
  });
}
