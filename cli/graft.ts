import type { CommandModule } from 'yargs';
import { type GraftBundleOptions, graftBundle } from '../jobs/graft.ts';
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
import { calibrationData, type PrecisionArguments, precisionOptions } from './precision-options.ts';

type Arguments = Omit<GraftBundleOptions, 'mean' | 'std' | 'data'> &
  PrecisionArguments & { backbone: string; mean?: string; std?: string; import?: string; json: boolean };

/** `actionnx graft`: a backbone of another origin with a head of tfjs on it. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'graft <backbone>',
  describe: 'put a tfjs head on an ONNX backbone of any origin, as one bundle',
  builder: (yargs) =>
    yargs
      .positional('backbone', { type: 'string', demandOption: true, describe: 'an .onnx file' })
      .options({
        at: { type: 'string', demandOption: true, describe: 'the value of the backbone to cut at' },
        head: { type: 'string', demandOption: true, describe: 'a tfjs model.json that takes the value' },
        ...bundleOptions,
        ...modelOptions,
        labels: { type: 'string', demandOption: true, describe: 'a file with one label a line' },
        ...{ ...tfjsOptions, ...toleranceOption, ...precisionOptions },
      })
      .example(
        'actionnx graft mobilenet.onnx --at pooled --head head/model.json --labels labels.txt',
        'a head trained on its features',
      ) as never,
  handler: async ({ backbone, mean, std, json, import: module, ...args }) => {
    await importModule(module);
    const data = await calibrationData(args);
    const details = { mean: numbersOf(mean), std: numbersOf(std), data };
    const written = await listening((listener) =>
      graftBundle(backbone, { ...args, ...details, ...listener }),
    );
    tellBundle(written, json);
  },
};
