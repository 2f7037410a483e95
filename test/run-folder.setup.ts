import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder that lives as long as the test run; see e2e/packed-install.ts. */
    packedInstall: string;
  }
}

/**
 * Gives the run a folder in which everything lies that tests and the programs they start write: temporary files, caches,
 * settings, and the one installation of the package. Takes it away at the end, and says so where a test has not cleared
 * up after itself.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'actionnx-tests-'));
  const [temporary, cache, config, packed] = ['tmp', 'cache', 'config', 'packed'].map((name) =>
    join(folder, name),
  );
  for (const path of [temporary, cache, config, packed]) await mkdir(path);
  // Every worker has them from here, and every program from the worker.
  Object.assign(process.env, { TMPDIR: temporary, TEMP: temporary, TMP: temporary });
  Object.assign(process.env, { XDG_CACHE_HOME: cache, XDG_CONFIG_HOME: config });
  project.provide('packedInstall', packed);
  return async () => {
    const left = await readdir(temporary);
    await rm(folder, { recursive: true, force: true });
    if (left.length === 0) return;
    // Vitest only prints what is thrown here.
    process.exitCode = 1;
    throw new Error(`tests must remove what they write; they left ${left.join(', ')}`);
  };
}
