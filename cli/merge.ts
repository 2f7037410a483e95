import type { CommandModule } from 'yargs';
import { type MergeBundlesOptions, mergeBundles } from '../jobs/merge.ts';
import { bundleOptions, tellBundle } from './bundle-options.ts';
import { listening } from './listening.ts';

type Arguments = MergeBundlesOptions & { bundle: string[]; json: boolean };

/** `actionnx merge`: several systems and their vote in one graph. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'merge <bundle..>',
  describe: 'merge bundles and their vote into one graph, as one bundle',
  builder: (yargs) =>
    yargs
      .positional('bundle', { type: 'string', array: true, demandOption: true, describe: 'bundle folders' })
      .options(bundleOptions)
      .example(
        'actionnx merge bundles/a bundles/b --out bundles/both',
        'weighed by their validation F1',
      ) as never,
  handler: async ({ bundle, json, ...args }) => {
    tellBundle(await listening((listener) => mergeBundles(bundle, { ...args, ...listener })), json);
  },
};
