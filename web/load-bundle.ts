import { type Bundle, parseManifest } from '../src/core/bundle.ts';
import { reasonOf, UserError } from '../src/core/errors.ts';
import { sha256 } from '../src/core/hash.ts';
import { decodeSafetensors } from '../src/core/safetensors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { decodeText } from '../src/core/text.ts';

/** A bundle fetched by a browser, with the few inputs and outputs that prove a provider right. */
export interface LoadedBundle extends Bundle {
  readonly golden: Readonly<Record<string, Tensor>>;
}

export interface LoadOptions {
  /** Called as the graph and its weights arrive, in bytes. */
  readonly onProgress?: (loaded: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Fetches a bundle, and checks graph and golden file against the hashes in its manifest.
 *
 * @param url of the bundle's folder, absolute or relative to the page
 * @throws UserError when a file is missing, the manifest is not valid, or a hash does not match
 * @example const bundle = await loadBundle('/bundles/apcd-resnet/');
 */
export async function loadBundle(url: string, options: LoadOptions = {}): Promise<LoadedBundle> {
  const folder = new URL(url.endsWith('/') ? url : `${url}/`, globalThis.location?.href);
  const manifestUrl = new URL('bundle.json', folder);
  const text = decodeText(await fetchBytes(manifestUrl, options.signal), manifestUrl.pathname);
  const manifest = parseManifest(parseJson(text, manifestUrl), manifestUrl.pathname);
  const { graph, golden } = manifest;
  const { external } = graph;
  const total = graph.bytes + (external?.bytes ?? 0);
  const arrived = new Map<string, number>();
  const fetchWeights = (file: string) =>
    fetchBytes(new URL(file, folder), options.signal, (loaded) => {
      arrived.set(file, loaded);
      options.onProgress?.(
        [...arrived.values()].reduce((sum, part) => sum + part, 0),
        total,
      );
    });
  const [graphBytes, goldenBytes, externalBytes] = await Promise.all([
    fetchWeights(graph.file),
    fetchBytes(new URL(golden.file, folder), options.signal),
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

async function fetchBytes(
  url: URL,
  signal?: AbortSignal,
  onBytes?: (loaded: number) => void,
): Promise<Uint8Array> {
  const unreachable = (received: string, cause?: unknown) =>
    new UserError(`cannot fetch ${url.pathname}`, {
      received,
      remedy: 'check the address and the connection',
      cause,
    });
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || !response.body) throw unreachable(`HTTP ${response.status}`);
    const chunks: Uint8Array[] = [];
    let loaded = 0;
    for await (const chunk of readChunks(response.body)) {
      chunks.push(chunk);
      loaded += chunk.length;
      onBytes?.(loaded);
    }
    return concatenate(chunks, loaded);
  } catch (cause) {
    if (cause instanceof UserError || signal?.aborted) throw cause;
    throw unreachable(reasonOf(cause), cause);
  }
}

/** Safari's streams are not async iterable. */
async function* readChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
