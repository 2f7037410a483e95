/**
 * fast-check as all tests of properties take it. The cases are the same in every run, so that what fails in CI fails at
 * the desk; a failure comes with the smallest case that shows it. Other cases, and twenty times as many:
 * ACTIONNX_SEED=7 ACTIONNX_RUNS=20 npx vitest run properties
 */
import fc from 'fast-check';

const seed = Number(process.env.ACTIONNX_SEED ?? 0);
const times = Number(process.env.ACTIONNX_RUNS ?? 1);

/** For properties that need more than a hundred cases, or whose cases are dear: how many usually. */
export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.ceil(usual * times) };
}

fc.configureGlobal({ seed, ...runs(100) });

export { fc };
