import type { Bundle } from '../src/core/bundle.ts';
import { readBundle } from '../src/node/bundle-folder.ts';

/** A bundle and where it was read from. */
export interface NamedBundle extends Bundle {
  readonly folder: string;
}

export async function readBundles(folders: readonly string[]): Promise<NamedBundle[]> {
  return Promise.all(folders.map(async (folder) => ({ ...(await readBundle(folder)), folder })));
}
