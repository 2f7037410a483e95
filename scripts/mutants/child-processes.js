/**
 * Stryker sees only the process of the tests. This extends its sight to the Node processes that a test starts: the
 * active mutant is active there too, and what a dry run covers there counts as covered by the test.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, inject } from 'vitest';

const stryker = globalThis[inject('globalNamespace')];

if (inject('mode') === 'mutant') {
  // Not before: the tests' own process is to load its modules unchanged.
  beforeAll(() => {
    process.env.__STRYKER_ACTIVE_MUTANT__ = inject('activeMutant');
  });
} else {
  const folder = mkdtempSync(join(tmpdir(), 'covered-'));
  const recorder = new URL('./record-coverage.js', import.meta.url);
  process.env.COVERED_MUTANTS = folder;
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import ${recorder}`;
  afterEach(() => {
    const coverage = (stryker.mutantCoverage ??= { static: {}, perTest: {} });
    const covered = (coverage.perTest[stryker.currentTestId] ??= {});
    for (const name of readdirSync(folder).filter((name) => !name.endsWith('.part'))) {
      const path = join(folder, name);
      for (const mutant of JSON.parse(readFileSync(path, 'utf8'))) covered[mutant] ??= 1;
      rmSync(path);
    }
  });
}
