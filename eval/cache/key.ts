import { framesInput } from '../../src/bundle/frames-input.ts';
import type { BundleManifest } from '../../src/bundle/manifest.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { Provider } from '../../src/runtime/session.ts';

/** All that decides a prediction besides the picture, and its hash: the name of a folder in the cache. */
export interface CacheKey {
  /** 32 hex digits. */
  readonly hash: string;
  readonly parts: Readonly<Record<string, string>>;
}

/** The key of a bundle's predictions on a provider. The bundle's name is no part of it: equal graphs share. */
export async function cacheKey(manifest: BundleManifest, provider: Provider): Promise<CacheKey> {
  const { precision, sha256: graph, external } = manifest.graph;
  const parts = {
    graph: external ? `${graph} ${external.sha256}` : graph,
    preprocessing: JSON.stringify(preprocessing(manifest)),
    labels: manifest.labels.hash,
    provider,
    precision: precision === 'fp32' ? 'float32' : precision,
  };
  return { hash: (await sha256(JSON.stringify(parts))).slice(0, 32), parts };
}

/**
 * How inputs are made of frames; not how the graph normalises them, which is in its bytes. Systems of frames have it in
 * the words of the first bundles, so that what was cached for these is found.
 */
function preprocessing(manifest: BundleManifest): unknown {
  const resize = 'bilinear-antialias';
  const input = framesInput(manifest);
  if (input) {
    const { kind, height, width, frames, speed, windows } = input;
    return { kind, height, width, frames, speed, windows, resize };
  }
  return manifest.inputs.map(({ name, kind, options: { mean, std, ...options } }) => ({
    name,
    kind,
    options,
    resize,
  }));
}
