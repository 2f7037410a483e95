import type { Argv, CommandModule } from 'yargs';
import { extractA2d } from '../src/datasets/a2d/extract.ts';
import type { BrokenSample } from '../src/datasets/dataset.ts';
import { openDataset } from '../src/datasets/index.ts';
import { type DatasetInfo, describeDataset } from '../src/datasets/info.ts';
import { command as check } from './data-check.ts';
import { command as synth } from './data-synth.ts';
import { taskBars } from './progress.ts';
import { table } from './table.ts';

interface DataArguments {
  dir: string;
  json: boolean;
  skipBroken: boolean;
}

function dataArguments<T>(cli: Argv<T>, what: string): Argv<T & DataArguments> {
  return cli
    .positional('dir', { type: 'string', demandOption: true, describe: what })
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('skip-broken', {
      type: 'boolean',
      default: false,
      describe: 'list broken files and go on, rather than stop at the first',
    }) as unknown as Argv<T & DataArguments>;
}

const info: CommandModule<object, DataArguments & { cache?: string }> = {
  command: 'info <dir>',
  describe: 'count the samples per split and label, and the labels a frame',
  builder: (cli) =>
    dataArguments(cli, 'a data set of any kind (docs/data.md)')
      .option('cache', { type: 'string', describe: "folder of the labels' cache [~/.cache/actionnx]" })
      .example('$0 data info A2D', 'three tables')
      .example('$0 data info A2D --skip-broken --json', 'the same as JSON, with the broken samples listed'),
  handler: async ({ dir, json, skipBroken, cache }) => {
    const bars = taskBars({ labels: 'labels', files: 'files', check: 'check' });
    const options = { skipBroken, cacheFolder: cache, onProgress: bars.update };
    const described = await openDataset(dir, options).then(describeDataset).finally(bars.stop);
    console.log(json ? JSON.stringify(described, null, 2) : infoText(described));
  },
};

const extract: CommandModule<object, DataArguments & { jobs?: number }> = {
  command: 'extract <dir>',
  describe: 'of A2D: extract the frames of clips320H into pngs320H with ffmpeg; goes on where it was stopped',
  builder: (cli) =>
    dataArguments(cli, 'an A2D release: the folder that holds Release/, or that folder itself')
      .option('jobs', { type: 'number', describe: 'ffmpeg processes at once [one a core]' })
      .example('$0 data extract A2D', 'all videos whose frames are not there yet')
      .check(
        ({ jobs }) =>
          jobs === undefined || (Number.isInteger(jobs) && jobs > 0) || '--jobs must be 1 or more',
      ),
  handler: async ({ dir, json, skipBroken, jobs }) => {
    const bars = taskBars({ extract: 'extract' });
    const onProgress = (done: number, total: number) => bars.update('extract', done, total);
    const summary = await extractA2d(dir, { jobs, skipBroken, onProgress }).finally(bars.stop);
    if (json) {
      console.log(JSON.stringify(summary, null, 2));
      return;
    }
    const { videos, present, extracted, frames, folder, broken } = summary;
    console.log(
      `${videos} video${videos === 1 ? '' : 's'}: ${extracted} extracted (${frames} frames), ${present} there already, in ${folder}`,
    );
    console.log(brokenText(broken, 'video'));
  },
};

export const command: CommandModule = {
  command: 'data',
  describe: 'make, describe and prepare data sets',
  builder: (cli) =>
    cli
      .command(synth)
      .command(info as unknown as CommandModule)
      .command(check)
      .command(extract as unknown as CommandModule)
      .demandCommand(1)
      .strict(),
  handler: () => {},
};

function infoText({ labels, splits, broken, root }: DatasetInfo): string {
  const names = splits.map(({ split }) => split);
  const most = Math.max(...splits.map(({ labelsPerSample }) => labelsPerSample.length));
  const perLabel = labels.names.map((name, label) => [name, ...splits.map((split) => split.perLabel[label])]);
  const perSample = Array.from({ length: most }, (_, count) => [
    String(count),
    ...splits.map(({ labelsPerSample }) => labelsPerSample[count] ?? 0),
  ]);
  const parts = [
    root,
    table(
      ['split', 'samples', 'videos', 'labels a sample'],
      splits.map((split) => [
        split.split,
        split.samples,
        split.videos,
        meanLabels(split.perLabel, split.samples),
      ]),
    ),
    table(['label', ...names], perLabel),
    table(['labels a sample', ...names], perSample),
  ];
  if (broken.length > 0) parts.push(brokenText(broken, 'sample'));
  return parts.join('\n\n');
}

function meanLabels(perLabel: readonly number[], samples: number): string {
  return samples > 0 ? (perLabel.reduce((sum, count) => sum + count, 0) / samples).toFixed(2) : '–';
}

function brokenText(broken: readonly BrokenSample[], noun: string): string {
  if (broken.length === 0) return `no broken ${noun}s`;
  const lines = broken.map(({ id, reason }) => `  ${id}: ${reason}`);
  return [`${broken.length} broken ${noun}${broken.length === 1 ? '' : 's'} left out:`, ...lines].join('\n');
}
