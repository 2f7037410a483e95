import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A folder that lives as long as the test run; see packed-install.ts. */
    packedInstall: string;
  }
}

/** Gives the run a folder for the one installation of the package, and takes it away at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'actionnx-packed-'));
  project.provide('packedInstall', folder);
  return () => rm(folder, { recursive: true, force: true });
}
