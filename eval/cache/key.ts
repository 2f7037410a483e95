import type { BundleManifest } from '../../src/core/bundle.ts';
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
  const { kind, height, width, frames, speed, windows, resize } = manifest.input;
  const { precision, sha256: graph, external } = manifest.graph;
  const parts = {
    graph: external ? `${graph} ${external.sha256}` : graph,
    preprocessing: JSON.stringify({ kind, height, width, frames, speed, windows, resize }),
    labels: manifest.labels.hash,
    provider,
    precision: precision === 'fp32' ? 'float32' : precision,
  };
  return { hash: (await sha256(JSON.stringify(parts))).slice(0, 32), parts };
}
