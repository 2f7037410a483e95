import type { CommandModule } from 'yargs';
import { readBundles } from '../jobs/bundles.ts';
import { scoreBundles } from '../jobs/score.ts';
import { openData, type ScoringArguments, withScoringOptions } from './evaluation.ts';
import { listening } from './listening.ts';
import { table } from './table.ts';

type Arguments = ScoringArguments & { bundle: string[]; skipBroken: boolean; json: boolean };

/** `actionnx score`: predicts what the cache lacks. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'score <bundle..>',
  describe: 'predict what the cache lacks of a split',
  builder: (yargs) =>
    withScoringOptions(
      yargs.positional('bundle', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'bundle folders',
      }),
    )
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('actionnx score bundles/* --data A2D --split val', 'fill the cache for all bundles') as never,
  handler: async (args) => {
    const bundles = await readBundles(args.bundle);
    const dataset = await openData(args);
    const scored = await listening((listener) => scoreBundles(bundles, { ...args, dataset, ...listener }));
    const rows = scored.map(({ bundle, provider, samples, inferred, broken }) => ({
      system: bundle.manifest.name,
      bundle: bundle.folder,
      provider,
      samples: samples.length,
      inferred,
      cached: samples.length - inferred,
      broken,
    }));
    if (args.json) {
      console.log(JSON.stringify({ dataset: dataset.name, split: args.split, systems: rows }, null, 2));
      return;
    }
    console.log(
      table(
        ['System', 'Provider', 'Samples', 'Inferred', 'Cached', 'Broken'],
        rows.map((row) => [
          row.system,
          row.provider,
          row.samples,
          row.inferred,
          row.cached,
          row.broken.length,
        ]),
      ),
    );
    for (const { id, reason } of rows.flatMap(({ broken }) => broken)) {
      process.stderr.write(`left out ${id}: ${reason}\n`);
    }
  },
};
