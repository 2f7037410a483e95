import type { CommandModule } from 'yargs';
import { type MergeBundlesOptions, mergeBundles, requireCombinable } from '../jobs/merge.ts';
import { bundleOptions, tellBundle } from './bundle-options.ts';
import { openData, type ScoringArguments, withScoringOptions } from './evaluation.ts';
import { typedKind } from './kind-text.ts';
import { listening } from './listening.ts';

type Arguments = Omit<MergeBundlesOptions, 'combine' | 'dataset' | 'skipBroken'> &
  Omit<ScoringArguments, 'data'> & {
    bundle: string[];
    combine: string;
    data?: string;
    skipBroken: boolean;
    json: boolean;
  };

/** `actionnx merge`: several systems and what combines them in one graph. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'merge <bundle..>',
  describe: 'merge bundles and what combines them into one graph, as one bundle',
  builder: (yargs) =>
    withScoringOptions(
      yargs.positional('bundle', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'bundle folders',
      }),
      {
        data: { type: 'string', describe: 'for combiners that learn: a data set folder' },
        split: {
          type: 'string',
          default: 'val',
          describe: 'for combiners that learn: a split that no member was trained on',
        },
      },
    )
      .options({
        ...bundleOptions,
        combine: {
          type: 'string',
          default: 'vote-average',
          describe:
            'how one answer is made of theirs: see `actionnx ls`; options after it: "svm kernel=linear"',
        },
        space: {
          type: 'string',
          describe:
            "for combiners that learn: the labels to answer, such as a2d-actors; default: the data set's first",
        },
        seed: { type: 'number', default: 1, describe: 'of what a combiner draws by lot' },
      })
      .example('actionnx merge bundles/a bundles/b --out bundles/both', 'weighed by their validation F1')
      .example(
        'actionnx merge bundles/actor bundles/joint --combine lda --data A2D --split val --out bundles/stacked',
        'members may have labels of their own',
      ) as never,
  handler: async ({ bundle, json, combine, data, ...args }) => {
    const kind = typedKind(combine);
    await requireCombinable(bundle, { combine: kind, dataset: data });
    const dataset = data === undefined ? undefined : await openData({ ...args, data });
    const options = { ...args, combine: kind, dataset };
    tellBundle(await listening((listener) => mergeBundles(bundle, { ...options, ...listener })), json);
  },
};
