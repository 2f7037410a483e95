import { basename } from 'node:path';
import type { CommandModule } from 'yargs';
import type { PretrainedMatch } from '../models/pretrained/match.ts';
import { sizeOf } from '../src/core/tensor.ts';
import { readWeightFile, type WeightFileOnDisk } from '../src/node/weight-file.ts';
import { storedBytes } from '../src/onnx/element-type.ts';
import { pretrainedJson, pretrainedReport } from './pretrained-report.ts';
import { table } from './table.ts';

interface Arguments {
  file: string;
  system?: string;
  json: boolean;
}

/** Rows that a table has; a file can hold any number of tensors. */
const mostRows = 300;

/** `actionnx weights`: what a file of weights holds, and how it fits a system. */
export const command: CommandModule<object, Arguments> = {
  command: 'weights <file>',
  describe: 'list what a file of weights holds, and how it fits a system',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'safetensors, .pth or .pt, .npz, .npy or an ONNX model, told by its content',
      })
      .options({
        system: { type: 'string', describe: 'compare with the weights of this system or preset' },
        json: { type: 'boolean', default: false, describe: 'print JSON' },
      })
      .example('$0 weights resnet152.pth', 'names, types and shapes')
      .example(
        '$0 weights resnet152.pth --system pcd-resnet',
        'what `train --pretrained` would take',
      ) as never,
  handler: async ({ file: path, system, json }) => {
    const match = system === undefined ? null : await matchFor(system);
    const file = await readWeightFile(path);
    const fit = match?.(file) ?? null;
    const listed = describe(file);
    if (json) console.log(JSON.stringify({ ...listed, ...(fit && { fit: pretrainedJson(fit) }) }, null, 2));
    else console.log(fit ? pretrainedReport(fit, file.metadata) : overview(listed, path));
    // Told after the report, so that both are there.
    readContents(file);
    if (fit) (await import('../models/pretrained/match.ts')).checkComplete(fit, path, String(system));
  },
};

/** Loads tfjs only where a system is asked for. */
async function matchFor(name: string): Promise<(file: WeightFileOnDisk) => PretrainedMatch> {
  const [{ resolveSystem }, { matchPretrained }, { namedWeights }, { selectBackend }] = await Promise.all([
    import('../models/index.ts'),
    import('../models/pretrained/match.ts'),
    import('../models/train/model-weights.ts'),
    import('../models/train/backend.ts'),
  ]);
  const { system, config } = resolveSystem(name);
  await selectBackend('cpu');
  const model = system.build(config, 0);
  const weights = namedWeights(model).map(({ name, variable }) => ({ name, shape: variable.shape }));
  model.dispose();
  return (file) => matchPretrained(weights, file);
}

/**
 * Reads what every tensor lies in, and keeps none of it: tensors are lazy, so that damage shows only then.
 * @throws UserError when contents are damaged, or not where an ONNX model keeps them
 */
function readContents({ tensors }: WeightFileOnDisk): void {
  for (const stored of tensors.values()) {
    if (stored.storage) stored.storage();
    else stored.bytes();
  }
}

function describe({ path, format, sha256, byteLength, metadata, tensors }: WeightFileOnDisk) {
  const listed = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const count = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0);
  return {
    ...{ file: basename(path), format, sha256, bytes: byteLength, metadata },
    elements: count(listed.map(({ shape }) => sizeOf(shape))),
    tensorBytes: count(listed.map(({ dtype, shape }) => storedBytes(dtype, sizeOf(shape)))),
    tensors: listed,
  };
}

/** What a checkpoint's reader notes, in words. */
const told: Readonly<Record<string, string>> = {
  stateDict: 'state dict taken',
  otherDicts: 'other dicts of tensors, not taken',
  skippedObjects: 'left out, unread',
};

function overview(listed: ReturnType<typeof describe>, path: string): string {
  const { format, bytes, sha256, elements, tensors, metadata } = listed;
  const rows = tensors
    .slice(0, mostRows)
    .map(({ name, dtype, shape }) => [
      clipped(name),
      dtype,
      clipped(shape.join(' × ')) || 'scalar',
      sizeOf(shape).toLocaleString('en'),
    ]);
  const facts = [
    `${path}: ${format}, ${tensors.length.toLocaleString('en')} tensors, ${elements.toLocaleString('en')} elements, ${bytes.toLocaleString('en')} bytes`,
    `sha256 ${sha256}`,
    ...Object.entries(metadata).map(([key, value]) => clipped(`${told[key] ?? key}: ${value}`)),
  ];
  const more =
    tensors.length > mostRows ? `\n… and ${tensors.length - mostRows} more (--json lists all)` : '';
  return `${table(['Tensor', 'Type', 'Shape', 'Elements'], rows)}${more}\n\n${facts.join('\n')}`;
}

/** What comes from a file, on one line; one long name would make every row of the table as long. */
function clipped(text: string): string {
  return `${text.slice(0, 200)}${text.length > 200 ? '…' : ''}`.replace(/\p{Cc}/gu, ' ');
}
