/** What was noticed, by module, and what was not, place by place. */
import { readFileSync, writeFileSync } from 'node:fs';
import Table from 'cli-table3';
import { isCore } from './modules.js';
import { nameOf } from './sample.js';

/** The least share of mutants that tests notice. */
const floors = { core: 0.85, rest: 0.8 };

/** Changes that change nothing, each with its reason; `line` is the trimmed line in which the change begins. */
const equivalents = JSON.parse(readFileSync(new URL('./equivalents.json', import.meta.url), 'utf8'));

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();

/** A mutant as a person reads it: its line, what was there and what took its place. */
function placeOf({ module, location: { start, end }, mutatorName, replacement }) {
  const lines = readFileSync(module, 'utf8')
    .split('\n')
    .slice(start.line, end.line + 1);
  const line = lines[0].trim();
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column);
  lines[0] = lines[0].slice(start.column);
  return {
    module,
    at: start.line + 1,
    line,
    mutator: mutatorName,
    original: oneLine(lines.join('\n')),
    replacement: oneLine(replacement),
  };
}

const isEquivalent = (place) =>
  equivalents.some(
    (known) =>
      known.module === place.module &&
      known.line === place.line &&
      known.mutator === place.mutator &&
      known.replacement === place.replacement,
  );

const shorten = (text) => (text.length > 80 ? `${text.slice(0, 60)} … ${text.slice(-17)}` : text);

function summarize(mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout', 'RuntimeError');
  const equivalent = mutants.filter((mutant) => mutant.isEquivalent).length;
  const total = mutants.length - equivalent;
  return { total, noticed, equivalent, unrun: count('NoCoverage'), share: total === 0 ? 1 : noticed / total };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function rowOf(title, mutants) {
  const { total, noticed, equivalent, unrun, share } = summarize(mutants);
  return [title, total, noticed, total - noticed - unrun, unrun, equivalent, percent(share)];
}

/** @returns whether tests notice enough */
export function report(results, choice, folder) {
  const mutants = results
    .filter((result) => choice.get(result.module)?.has(nameOf(result)) ?? true)
    .map((result) => {
      const place = placeOf(result);
      const isMissed = result.status === 'Survived' || result.status === 'NoCoverage';
      return { ...place, status: result.status, isEquivalent: isMissed && isEquivalent(place) };
    });
  const head = ['module', 'mutants', 'noticed', 'survived', 'not run', 'equivalent', 'score'];
  const parts = {
    core: mutants.filter(({ module }) => isCore(module)),
    rest: mutants.filter(({ module }) => !isCore(module)),
  };
  const table = new Table({
    head,
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  let passes = true;
  for (const [part, own] of Object.entries(parts)) {
    if (own.length === 0) continue;
    for (const module of [...new Set(own.map((mutant) => mutant.module))].sort()) {
      table.push(
        rowOf(
          module,
          own.filter((mutant) => mutant.module === module),
        ),
      );
    }
    table.push(rowOf(`${part}: at least ${percent(floors[part])}`, own));
    passes &&= summarize(own).share >= floors[part];
  }
  console.log(`\n${table}`);
  const missed = mutants.filter(
    ({ status, isEquivalent }) => !isEquivalent && /Survived|NoCoverage/.test(status),
  );
  const list = missed
    .sort((a, b) => (a.module === b.module ? a.at - b.at : a.module < b.module ? -1 : 1))
    .map(
      ({ module, at, mutator, original, replacement, status }) =>
        `${module}:${at} ${mutator}${status === 'NoCoverage' ? ' (no test comes here)' : ''}: ${shorten(original)} → ${shorten(replacement)}`,
    );
  writeFileSync(`${folder}/missed.txt`, `${list.join('\n')}\n`);
  if (list.length > 0 && list.length <= 60) console.log(`\nNoticed by no test:\n${list.join('\n')}`);
  console.log(
    `\n${missed.length} noticed by no test: ${folder}/missed.txt; every one in its place: ${folder}/*.html`,
  );
  return passes;
}
