import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import {
  type PublishWeightsOptions,
  publishHuggingFace,
  publishTriton,
  publishWeights,
} from '../jobs/publish.ts';
import { usageError } from '../src/core/errors.ts';
import { tfjsOptions } from './bundle-options.ts';
import { importModule } from './import-module.ts';
import { table } from './table.ts';

type Arguments = PublishWeightsOptions & {
  source: string[];
  to: 'hf' | 'triton' | 'safetensors';
  import?: string;
  json: boolean;
};

/** `actionnx publish`: bundles as repositories for others' software, and weights alone. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'publish <source..>',
  describe: 'bundles as a repository for Hugging Face or Triton; weights as safetensors',
  builder: (yargs) =>
    yargs
      .positional('source', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'bundle folders; for safetensors a run folder or model.json',
      })
      .options({
        to: {
          choices: ['hf', 'triton', 'safetensors'],
          demandOption: true,
          describe: 'hf: for transformers.js; triton: a model repository; safetensors: the weights alone',
        },
        out: {
          type: 'string',
          describe: 'folder, or .safetensors file; default: hf/<name>, triton, <name>.safetensors',
        },
        checkpoint: {
          choices: ['best', 'last'],
          defaultDescription: '"best"',
          describe: "for safetensors: which of a run's weights",
        },
        import: { ...tfjsOptions.import, describe: 'for safetensors: a module that registers custom layers' },
        backend: {
          choices: tfjsOptions.backend.choices,
          defaultDescription: '"auto"',
          describe: 'for safetensors: what tfjs reads the model with',
        },
        json: { type: 'boolean', default: false, describe: 'print what was written as JSON' },
      })
      .example('actionnx publish bundles/pcd --to hf --out hf/pcd', 'for transformers.js')
      .example('actionnx publish runs/pcd --to safetensors', 'what train --pretrained reads') as never,
  handler: (args) => {
    if (args.to === 'safetensors') return toSafetensors(args);
    for (const flag of ['checkpoint', 'import', 'backend'] as const) {
      if (args[flag] === undefined) continue;
      throw usageError(`--${flag} is for --to safetensors`, {
        received: `--to ${args.to}`,
        remedy: 'leave it out',
      });
    }
    return args.to === 'hf' ? toHuggingFace(args) : toTriton(args);
  },
};

async function toHuggingFace({ source, out, json }: Arguments): Promise<void> {
  const { folder, files, verification } = await publishHuggingFace(source, { out });
  if (json) {
    console.log(JSON.stringify({ folder, files, verification }, null, 2));
    return;
  }
  const rows = verification.map(({ file, runtime, version, maxDifference }) => [
    ...[file, `${runtime} ${version}`, maxDifference.toExponential(1)],
  ]);
  console.log(`${table(['Graph', 'Runtime', "Max difference from the bundle's"], rows)}\n`);
  console.log(`${folder}: ${files.join(', ')}`);
}

async function toTriton({ source, out, json }: Arguments): Promise<void> {
  const { folder, files } = await publishTriton(source, { out });
  if (json) {
    console.log(JSON.stringify({ folder, files }, null, 2));
    return;
  }
  console.log(files.map((file) => join(folder, file)).join('\n'));
  console.log(`\nserve it: tritonserver --model-repository ${folder}`);
}

async function toSafetensors({ source, json, import: module, ...options }: Arguments): Promise<void> {
  if (source.length !== 1) {
    throw usageError('--to safetensors takes one run folder or model.json', {
      received: `${source.length}: ${source.join(', ')}`,
    });
  }
  await importModule(module);
  const written = await publishWeights(source[0], options);
  const { file, tensors, parameters } = written;
  if (json) console.log(JSON.stringify(written, null, 2));
  else console.log(`${file}: ${tensors} tensors, ${parameters.toLocaleString('en')} parameters`);
}
