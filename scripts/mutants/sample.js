/** Mutants chosen by seed: the same ones until their module changes, however much is added elsewhere. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Instrumenter } from '@stryker-mutator/instrumenter';

/** Texts are not mutated: what they say is for people. */
export const excludedMutations = ['StringLiteral'];

const silent = new Proxy({}, { get: (_, name) => (String(name).startsWith('is') ? () => false : () => {}) });

/** A name for a mutant that holds in every run, as Stryker's numbers do not. Lines and columns count from 0. */
export const nameOf = ({ location: { start, end }, mutatorName, replacement }) =>
  [start.line, start.column, end.line, end.column, mutatorName, replacement].join(':');

async function namesIn(module) {
  const { mutants } = await new Instrumenter(silent).instrument(
    [{ name: module, mutate: true, content: readFileSync(module, 'utf8') }],
    { plugins: null, excludedMutations, ignorers: [] },
  );
  // Those of texts are among them, to be ignored.
  return mutants.filter(({ status }) => status !== 'Ignored').map(nameOf);
}

/** `count` mutants of the modules: a map of module to the set of their names. */
export async function sampleOf(modules, count, seed) {
  const all = [];
  for (const module of modules) {
    for (const name of await namesIn(module)) {
      all.push({
        module,
        name,
        rank: createHash('sha256').update(`${seed}\0${module}\0${name}`).digest('hex'),
      });
    }
  }
  all.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const sample = new Map();
  for (const { module, name } of all.slice(0, count)) {
    sample.set(module, (sample.get(module) ?? new Set()).add(name));
  }
  return sample;
}
