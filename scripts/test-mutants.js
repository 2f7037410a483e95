/**
 * npm run test:mutants [path…]: changes the modules a little at a time and reports what no test notices.
 *
 * Without a path: the core modules in full and a seeded sample of everything else that computes, checks, reads or
 * writes. Results are kept in runs/mutants, and only what changed since is tried again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { isIsolated, isolationFault, runIsolated } from './mutants/isolation.js';
import { allModules, isCore, mirrorOf, needsBuild, testsOf } from './mutants/modules.js';
import { report } from './mutants/report.js';
import { excludedMutations, sampleOf } from './mutants/sample.js';

const folder = 'runs/mutants';

const options = yargs(hideBin(process.argv))
  .scriptName('npm run test:mutants --')
  .usage(
    '$0 [path…]\n\nMutates the modules in these files and folders; without one, the core and a sample of the rest.',
  )
  .option('sample', { type: 'number', default: 400, describe: 'mutants of the modules outside the core' })
  .option('seed', { type: 'number', default: 1, describe: 'which ones' })
  .option('part', {
    choices: ['core', 'rest', 'all'],
    default: 'all',
    describe: 'without a path: what to run',
  })
  .option('force', { type: 'boolean', default: false, describe: 'try again what did not change' })
  .option('unprotected', { type: 'boolean', default: false, describe: 'run where broken guards can do harm' })
  .strictOptions()
  .version(false)
  .parseSync();

const paths = options._.map((path) => relative('.', resolve(String(path))));
const modules = allModules();
const isUnder = (path) => (module) => path === '' || module === path || module.startsWith(`${path}/`);
const strays = paths.filter((path) => !modules.some(isUnder(path)));
if (strays.length > 0) {
  console.error(
    `No module to mutate in ${strays.join(', ')}: give files or folders of src, models, exporters, eval, jobs, cli or web.`,
  );
  process.exit(2);
}

if (!isIsolated() && !options.unprotected) {
  const fault = isolationFault();
  if (fault) {
    console.error(
      `A mutant can delete what its guard protects, and this machine lacks ${fault}: run this in a container, with --unprotected.`,
    );
    process.exit(2);
  }
  process.exit(runIsolated(folder, [process.execPath, ...process.argv.slice(1)]));
}

mkdirSync(folder, { recursive: true });

/** The modules to mutate now, with their mutants' names where only some are chosen. */
async function chosen() {
  if (paths.length > 0) {
    const named = modules.filter((module) => paths.some((path) => isUnder(path)(module)));
    return new Map(named.map((module) => [module, null]));
  }
  const core = options.part === 'rest' ? [] : modules.filter(isCore).map((module) => [module, null]);
  if (options.part === 'core') return new Map(core);
  console.log('Choosing mutants ...');
  const rest = await sampleOf(
    modules.filter((module) => !isCore(module)),
    options.sample,
    options.seed,
  );
  return new Map([...core, ...rest]);
}

/** Modules whose changes the same tests are to notice run together: they share a dry run. */
function groupsOf(choice) {
  const groups = new Map();
  for (const [module, names] of choice) {
    const key = `${mirrorOf(module)} ${names === null}`;
    groups.set(key, [...(groups.get(key) ?? []), module]);
  }
  return [...groups.values()];
}

/** Stryker keeps those that a sample left out as invalid, and would not try them when another sample has them. */
function forgetLeftOut(file) {
  if (!existsSync(file)) return;
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  for (const entry of Object.values(kept.files)) {
    entry.mutants = entry.mutants.filter(({ status }) => status !== 'CompileError');
  }
  writeFileSync(file, JSON.stringify(kept));
}

/** Stryker's results count from 1, its mutants from 0. */
const fromZero = ({ line, column }) => ({ line: line - 1, column: column - 1 });

async function mutate(group, choice) {
  const isSample = choice.get(group[0]) !== null;
  const tests = testsOf(group[0]);
  const name = mirrorOf(group[0]).slice('test/'.length).replaceAll('/', '-');
  const incrementalFile = `${folder}/${name}${isSample ? '-sample' : ''}.json`;
  forgetLeftOut(incrementalFile);
  // Not Stryker's testFiles: with it, what runs while a module is loaded is never mutated (9.6.1).
  process.env.MUTANTS_TESTS = JSON.stringify(tests);
  const results = await new Stryker({
    mutate: group,
    testRunner: 'vitest',
    // Tests of the command line start it: they do not import it.
    vitest: { configFile: 'scripts/mutants/vitest.config.js', related: !group[0].startsWith('cli/') },
    plugins: ['@stryker-mutator/vitest-runner', resolve('scripts/mutants/sample-checker.js')],
    checkers: isSample ? ['sample'] : [],
    sample: Object.fromEntries([...choice].map(([module, names]) => [module, [...(names ?? [])]])),
    mutator: { excludedMutations },
    buildCommand: group.some(needsBuild) ? 'npx tsc -p tsconfig.build.json' : undefined,
    ignorePatterns: ['docs', 'runs'],
    tempDirName: `${folder}/sandbox`,
    incremental: true,
    incrementalFile,
    force: options.force,
    concurrency: availableParallelism(),
    timeoutMS: 10_000,
    dryRunTimeoutMinutes: 20,
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only', 'html'],
    htmlReporter: { fileName: incrementalFile.replace(/json$/, 'html') },
    logLevel: 'warn',
    warnings: false,
  }).runMutationTest();
  return results
    .map(({ location, ...result }) => ({
      ...result,
      module: relative('.', result.fileName),
      location: { start: fromZero(location.start), end: fromZero(location.end) },
    }))
    .filter(
      ({ module, status }) => group.includes(module) && status !== 'CompileError' && status !== 'Ignored',
    );
}

const choice = await chosen();
const results = [];
const groups = groupsOf(choice);
for (const [i, group] of groups.entries()) {
  console.log(`\n${i + 1} of ${groups.length}: ${group.join(', ')}`);
  results.push(...(await mutate(group, choice)));
}
process.exitCode = report(results, choice, folder) ? 0 : 1;
