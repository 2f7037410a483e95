/** Preloaded into a process that a test starts: leaves the numbers of the mutants it came across. */
import fs from 'node:fs';
import { join } from 'node:path';

// As they are now: a program may be there to replace them.
const { renameSync, writeFileSync } = fs;

process.on('exit', () => {
  const covered = Object.keys(globalThis.__stryker__?.mutantCoverage?.static ?? {});
  if (covered.length === 0) return;
  const path = join(process.env.COVERED_MUTANTS, `${process.pid}-${process.hrtime.bigint()}`);
  writeFileSync(`${path}.part`, JSON.stringify(covered));
  renameSync(`${path}.part`, path);
});
