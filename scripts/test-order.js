/**
 * Whether tests lean on one another: runs each test of the files alone, then each file whole in three random orders,
 * and names what fails. Takes a process a test, so name a few files.
 *
 *     node scripts/test-order.js test/eval/score.test.ts test/eval/predict.test.ts
 *     node scripts/test-order.js --shuffled test/e2e/eval.test.ts      # the orders only
 */
import { createVitest } from 'vitest/node';

const args = process.argv.slice(2);
const onlyShuffled = args.includes('--shuffled');
const files = args.filter((arg) => !arg.startsWith('--'));
if (files.length === 0) {
  console.error('usage: node scripts/test-order.js [--shuffled] <test file..>');
  process.exit(2);
}

const quiet = { onInit() {} };
const vitest = await createVitest('test', { watch: false, reporters: [quiet], silent: true });
const failures = [];

/** Runs a file, or one of its tests. @returns the names of the tests that fail, with the reason */
async function failed(file, options) {
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([
    file.project.createSpecification(file.moduleId, options),
  ]);
  const reasons = unhandledErrors.map((error) => `(outside of tests): ${error.message}`);
  for (const module of testModules) {
    reasons.push(...module.errors().map(({ message }) => `(while it is loaded): ${message}`));
    for (const test of module.children.allTests('failed'))
      reasons.push(`${test.fullName}: ${test.result().errors?.[0]?.message ?? ''}`);
  }
  return reasons.map((reason) => `${file.relativeModuleId} ${reason.split('\n', 1)[0]}`);
}

const { testModules } = await vitest.collect(files);
for (const file of testModules) {
  const tests = [...file.children.allTests()].filter(({ options }) => options.mode !== 'skip');
  if (!onlyShuffled) {
    for (const { id } of tests)
      failures.push(...(await failed(file, { testIds: [id] })).map((test) => `alone: ${test}`));
  }
  const { sequence } = file.project.config;
  for (const seed of [1, 2, 3]) {
    Object.assign(sequence, { shuffle: true, seed });
    failures.push(...(await failed(file)).map((test) => `in the order of seed ${seed}: ${test}`));
    Object.assign(sequence, { shuffle: false });
  }
  console.log(`${file.relativeModuleId}: ${tests.length} tests`);
}
await vitest.close();
for (const failure of failures) console.log(failure);
console.log(failures.length === 0 ? 'no test leans on another' : `${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);
