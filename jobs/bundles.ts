import type { Bundle } from '../src/bundle/manifest.ts';
import { readBundle } from '../src/node/bundle-folder.ts';

/** A bundle and where it was read from. */
export interface NamedBundle extends Bundle {
  readonly folder: string;
}

/** @param bundles folders, or bundles that were read already */
export async function readBundles(bundles: readonly (string | NamedBundle)[]): Promise<NamedBundle[]> {
  return Promise.all(
    bundles.map(async (bundle) =>
      typeof bundle === 'string' ? { ...(await readBundle(bundle)), folder: bundle } : bundle,
    ),
  );
}
