import type { CommandModule } from 'yargs';
import { type ExportBundleOptions, exportBundle } from '../jobs/export.ts';
import {
  bundleOptions,
  modelOptions,
  numbersOf,
  tellBundle,
  tfjsOptions,
  toleranceOption,
} from './bundle-options.ts';
import { importModule } from './import-module.ts';
import { listening } from './listening.ts';
import {
  calibrationData,
  type PrecisionArguments,
  precisionOptions,
  targetOption,
} from './precision-options.ts';

type Arguments = Omit<ExportBundleOptions, 'mean' | 'std' | 'data'> &
  PrecisionArguments & { source: string; mean?: string; std?: string; import?: string; json: boolean };

/** `actionnx export`: a trained run, or a tfjs LayersModel or GraphModel of frames, as a verified bundle. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'export <source>',
  describe: 'write a bundle: the ONNX graph, proven against tfjs, and all that is needed to run it',
  builder: (yargs) =>
    yargs
      .positional('source', {
        type: 'string',
        demandOption: true,
        describe: 'a run folder, or the model.json of a tfjs model of either format, with --labels',
      })
      .options({
        ...bundleOptions,
        checkpoint: {
          choices: ['best', 'last'],
          defaultDescription: '"best"',
          describe: "which of the run's weights",
        },
        ...{ ...modelOptions, ...tfjsOptions, ...toleranceOption, ...targetOption, ...precisionOptions },
      })
      .example('actionnx export runs/pcd --out bundles/pcd', 'the best epoch of a run')
      .example(
        'actionnx export model.json --labels labels.txt --out bundles/mine',
        'a tfjs model of frames or clips',
      ) as never,
  handler: async ({ source, mean, std, json, import: module, ...args }) => {
    await importModule(module);
    const data = await calibrationData(args);
    const details = { mean: numbersOf(mean), std: numbersOf(std), data };
    const written = await listening((listener) => exportBundle(source, { ...args, ...details, ...listener }));
    tellBundle(written, json);
  },
};
