import type { CommandModule } from 'yargs';
import { checkDataset, countFaults, type DatasetFaults } from '../src/datasets/check.ts';
import { openDataset } from '../src/datasets/index.ts';
import { taskBars } from './progress.ts';
import { table } from './table.ts';

interface CheckArguments {
  dir: string;
  json: boolean;
  cache?: string;
}

/** Of each kind of fault so many are shown; --json has all. */
const mostShown = 20;

/** `actionnx data check`: what is wrong with a data set. Exits with 1 where something is. */
export const command = {
  command: 'check <dir>',
  describe: 'find duplicates, leaks between splits, unreadable files, and labels that are missing',
  builder: (cli) =>
    cli
      .positional('dir', { type: 'string', demandOption: true, describe: 'a data set of any kind' })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON, with every fault' })
      .option('cache', { type: 'string', describe: "folder of the labels' cache [~/.cache/actionnx]" })
      .example('$0 data check pets', 'exits with 1 where something is found'),
  handler: async ({ dir, json, cache }) => {
    const bars = taskBars({ labels: 'labels', files: 'files', check: 'check', pixels: 'compare' });
    const options = { skipBroken: true, cacheFolder: cache, onProgress: bars.update };
    try {
      const dataset = await openDataset(dir, options);
      const faults = await checkDataset(dataset, {
        onProgress: (done, total) => bars.update('pixels', done, total),
      });
      bars.stop();
      console.log(json ? JSON.stringify(faults, null, 2) : faultsText(faults));
      if (countFaults(faults) > 0) process.exitCode = 1;
    } finally {
      bars.stop();
    }
  },
} as CommandModule<object, CheckArguments> as unknown as CommandModule;

function faultsText(faults: DatasetFaults): string {
  const { dataset, root, splits, unreadable, duplicates, leaks, absentLabels, unlabelled } = faults;
  const isAcross = (samples: DatasetFaults['duplicates'][number]) =>
    new Set(samples.map(({ split }) => split)).size > 1;
  const across = duplicates.filter(isAcross);
  const within = duplicates.filter((samples) => !isAcross(samples));
  const placed = ({ split, id }: { split: string; id: string }) => `${split}: ${id}`;
  const lists: [kind: string, found: string[]][] = [
    ['unreadable', unreadable.map(({ id, reason }) => `${id}: ${reason}`)],
    ['the same pixels in several splits', across.map((samples) => samples.map(placed).join(', '))],
    ['the same pixels in a split', within.map((samples) => samples.map(placed).join(', '))],
    ['a group in several splits', leaks.map((leak) => `${leak.group}: ${leak.splits.join(', ')}`)],
    ['a label without a sample in a split', absentLabels.map(({ split, label }) => `${split}: ${label}`)],
    ['a sample without a label', unlabelled.map(placed)],
  ];
  const details = lists.filter(([, found]) => found.length > 0).map(([kind, found]) => listText(kind, found));
  return [
    `${dataset} in ${root}`,
    table(
      ['split', 'samples'],
      splits.map(({ split, samples }) => [split, samples]),
    ),
    table(
      ['fault', 'found'],
      lists.map(([kind, found]) => [kind, found.length]),
    ),
    ...details,
  ].join('\n\n');
}

function listText(kind: string, found: readonly string[]): string {
  const lines = found.slice(0, mostShown).map((line) => `  ${line}`);
  const rest = found.length - lines.length;
  if (rest > 0) lines.push(`  and ${rest} more: --json lists all`);
  return [`${kind}:`, ...lines].join('\n');
}
