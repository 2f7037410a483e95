import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { bytesText } from '../exporters/inspect/bytes-text.ts';
import { type Change, compareModels, type ModelDifference } from '../exporters/inspect/difference.ts';
import { drawModel } from '../exporters/inspect/drawing.ts';
import { type BlockSummary, type ModelSummary, summarizeModel } from '../exporters/inspect/summary.ts';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import { siText } from '../src/core/si-text.ts';
import { writeFileAtomic } from '../src/node/atomic-file.ts';
import { readManifest } from '../src/node/bundle-folder.ts';
import { readModelFile } from '../src/node/model-file.ts';
import { requireOther } from '../src/node/replaceable.ts';
import type { GraphPort } from '../src/onnx/graph.ts';
import type { Model } from '../src/onnx/model.ts';
import { table } from './table.ts';

interface Arguments {
  model: string;
  diff?: string;
  svg?: string;
  depth?: number;
  extent: string[];
  json: boolean;
}

/** `actionnx inspect`: what a graph takes, gives, holds and costs, a picture of it, and what changed between two. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'inspect <model>',
  describe: 'what an ONNX graph takes, gives, holds and costs; a picture of it; what changed between two',
  builder: (yargs) =>
    yargs
      .positional('model', {
        type: 'string',
        demandOption: true,
        describe: 'an ONNX file of any origin, or a bundle folder',
      })
      .option('diff', { type: 'string', describe: 'another file or bundle: say what changed towards it' })
      .option('svg', { type: 'string', describe: 'draw the blocks of the graph into this file' })
      .option('depth', {
        type: 'number',
        describe: "parts of nodes' names that tell a block; default: by size",
      })
      .option('extent', {
        type: 'string',
        array: true,
        default: [],
        describe: 'name=number for an axis known only at run time; the batch is 1',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
      .example('actionnx inspect model.onnx --svg model.svg', 'numbers and a picture')
      .example('actionnx inspect old.onnx --diff new.onnx', 'what changed') as never,
  handler: async ({ model: path, diff, svg, depth, extent, json }) => {
    if (depth !== undefined && !(Number.isInteger(depth) && depth >= 1)) {
      throw usageError('--depth must be a whole number above 0', { received: String(depth) });
    }
    const model = await openModel(path);
    if (diff !== undefined) {
      if (svg !== undefined) throw usageError('--svg draws one model', { remedy: 'leave out --diff' });
      const difference = compareModels(model, await openModel(diff));
      process.stdout.write(json ? `${JSON.stringify(difference, null, 2)}\n` : differenceText(difference));
      return;
    }
    const summary = summarizeModel(model, { extents: readExtents(extent), depth });
    if (svg !== undefined) {
      await requireOther(svg, [path], '--svg');
      await writeFileAtomic(svg, drawModel(summary));
      process.stderr.write(`drawn: ${svg}\n`);
    }
    process.stdout.write(json ? `${JSON.stringify(summary, null, 2)}\n` : summaryText(summary));
  },
};

async function openModel(path: string): Promise<Model> {
  const entry = await stat(path).catch((cause) => {
    throw new UserError(`${path} must be an ONNX file or a bundle folder`, {
      received: reasonOf(cause),
      cause,
    });
  });
  if (!entry.isDirectory()) return readModelFile(path);
  return readModelFile(join(path, (await readManifest(path)).graph.file));
}

function readExtents(given: readonly string[]): Map<string, number> {
  return new Map(
    given.map((text) => {
      const [, name, value] = /^(.+)=(\d+)$/.exec(text) ?? [];
      if (name === undefined || !Number.isSafeInteger(Number(value))) {
        throw usageError('--extent takes name=number', { received: text, remedy: 'as in --extent H=224' });
      }
      return [name, Number(value)];
    }),
  );
}

function summaryText(summary: ModelSummary): string {
  const { producer, opsets, irVersion, metadata, parameters, bytes, flops, weights, nodes, operators } =
    summary;
  const facts = [
    ['Graph', summary.name],
    ['Written by', `${producer.name} ${producer.version}`.trim()],
    [
      'Operators from',
      Object.entries(opsets)
        .map(([domain, version]) => `${domain} ${version}`)
        .join(', '),
    ],
    ['IR version', String(irVersion)],
    ...Object.entries(metadata).map(([key, value]) => [`Metadata: ${key}`, value]),
    ['Parameters', parameters.toLocaleString('en')],
    ['Weights', weightsText(bytes, weights)],
    ['FLOPs', flopsText(flops)],
    ['Nodes', nodes.toLocaleString('en')],
  ].filter(([, value]) => value !== '');
  const parts = [
    facts.map(([name, value]) => `${name.padEnd(16)}${value}`).join('\n'),
    table(
      ['', 'Name', 'Type', 'Shape'],
      [
        ...summary.inputs.map((port) => ['input', ...portCells(port)]),
        ...summary.outputs.map((port) => ['output', ...portCells(port)]),
      ],
    ),
    table(['Operator', 'Nodes'], Object.entries(operators)),
    table(
      ['Block', 'Result', 'Nodes', 'Parameters', 'Weights', 'FLOPs', '%'],
      summary.blocks.map((block) => blockCells(block, summary)),
    ),
    ...(summary.unknownShapes.length > 0
      ? [`Shapes that could not be found are those of: ${summary.unknownShapes.join(', ')}`]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

function weightsText(bytes: number, weights: ModelSummary['weights']): string {
  const types = Object.entries(weights).sort(([, a], [, b]) => b - a);
  const parts = types.map(([type, size]) => (types.length > 1 ? `${type} ${bytesText(size)}` : type));
  return bytes === 0 ? 'none' : `${bytesText(bytes)}: ${parts.join(', ')}`;
}

function flopsText(flops: number | null): string {
  if (flops === null) return 'not known: some shapes are not; try --extent';
  return `${siText(flops)}, at 2 a multiply-add of convolutions, matrix products and recurrence, for one sample`;
}

function portCells({ name, dtype, shape }: Pick<GraphPort, 'name' | 'dtype' | 'shape'>): string[] {
  const extents = shape?.map((extent) => (extent === '' ? '?' : extent)).join(' × ');
  return [name, dtype ?? 'not a tensor', extents === undefined ? '?' : extents || 'a number'];
}

function blockCells(block: BlockSummary, whole: ModelSummary): string[] {
  const { name, repeats, shape, nodes, parameters, bytes, flops } = block;
  const share = flops && whole.flops ? ((100 * flops * repeats) / whole.flops).toFixed(1) : '–';
  return [
    repeats > 1 ? `${name} (${repeats}, each)` : name,
    shape ? shape.map((extent) => extent ?? '?').join(' × ') : '?',
    String(nodes),
    parameters === 0 ? '–' : parameters.toLocaleString('en'),
    bytes === 0 ? '–' : bytesText(bytes),
    flops === null ? '?' : flops === 0 ? '–' : siText(flops),
    share,
  ];
}

/** Longer lists of changes are for --json. */
const mostChanges = 40;

function differenceText({ parameters, bytes, changes, operators }: ModelDifference): string {
  if (changes.length === 0) return 'nothing changed\n';
  const counts = Object.entries(operators).map(([name, [before, after]]) => [
    name,
    before,
    after,
    signed(after - before, String),
  ]);
  const parts = changes.slice(0, mostChanges).map(changeText);
  const left = changes.length - mostChanges;
  return [
    `Parameters      ${fromTo(parameters, (count) => count.toLocaleString('en'))}`,
    `Weights         ${fromTo(bytes, bytesText)}`,
    '',
    ...(counts.length > 0 ? [table(['Operator', 'Before', 'After', 'Change'], counts), ''] : []),
    ...parts,
    ...(left > 0 ? [`and ${left} more: see --json`] : []),
    '',
  ].join('\n');
}

/** "5.76 kB → 2.88 kB (-2.88 kB)". */
function fromTo([before, after]: readonly [number, number], text: (value: number) => string): string {
  const change = before === after ? '' : ` (${signed(after - before, text)})`;
  return `${text(before)} → ${text(after)}${change}`;
}

function signed(change: number, text: (value: number) => string): string {
  return `${change < 0 ? '-' : '+'}${text(Math.abs(change))}`;
}

function changeText({ kind, name, before, after }: Change): string {
  const short = (text: string) => (text.length > 160 ? `${text.slice(0, 159)}…` : text);
  if (before === null) return `+ ${kind} ${name}: ${short(after ?? '')}`;
  if (after === null) return `- ${kind} ${name}: ${short(before)}`;
  return `~ ${kind} ${name}\n    ${short(before)}\n    ${short(after)}`;
}
