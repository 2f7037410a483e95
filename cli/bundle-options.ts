import { bytesText } from '../exporters/inspect/bytes-text.ts';
import type { WrittenBundle } from '../jobs/written-bundle.ts';
import { backendRequests } from '../models/train/backend.ts';
import { costRows } from './precision-cost.ts';
import { table } from './table.ts';
import { unvariedNote, verificationTable } from './verification-table.ts';

/** Flags of every command that writes a bundle. */
export const bundleOptions = {
  out: { type: 'string', describe: 'bundle folder; default: bundles/<name>' },
  name: { type: 'string', describe: 'what results call it; default: the name of --out' },
  threshold: { type: 'number', describe: 'least probability of a predicted label; default: 0.5' },
  'external-data': {
    type: 'boolean',
    default: false,
    describe: 'weights in a file beside the graph, as always above 2 GiB',
  },
  json: { type: 'boolean', default: false, describe: 'print the manifest and the checks as JSON' },
} as const;

/** Flags of what tfjs does not say of a model. */
export const modelOptions = {
  labels: { type: 'string', describe: 'for tfjs models: a file with one label a line' },
  mean: { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" },
  std: { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" },
  speed: { type: 'number', describe: "for tfjs models: the step between a clip's frames; default: 1" },
} as const;

/** Flags of what tfjs computes. */
export const tfjsOptions = {
  import: {
    type: 'string',
    describe: 'for tfjs models: a JavaScript module that registers custom layers and their converters',
  },
  backend: { choices: backendRequests, default: 'auto', describe: 'what tfjs computes with' },
} as const;

export const toleranceOption = {
  tolerance: {
    type: 'number',
    describe:
      "how far runtimes may be from tfjs, of an output's largest value or of 1; default: 1e-4, or what tfjs is from itself where a model magnifies rounding",
  },
} as const;

/** Numbers with commas between, as `--mean` has them: NaN for what is none. */
export function numbersOf(text: string | undefined): number[] | undefined {
  return text?.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
}

/** Says how the writing of a bundle went. */
export function tellBundle(written: WrittenBundle, json: boolean): void {
  const { bundle, manifest, verification, reference } = written;
  if (json) {
    console.log(JSON.stringify({ bundle, manifest, verification }, null, 2));
    return;
  }
  const { bytes, external, cost, precision, parameters } = manifest.graph;
  // Below float32, runtimes are compared with one of them: the cost says how far that is from tfjs.
  const from = precision === 'fp32' ? reference : `onnxruntime-node's ${precision}`;
  console.log(`${verificationTable(verification, from)}\n`);
  if (cost) console.log(`${table([`${precision} against fp32`, ''], costRows(cost))}\n`);
  const note = unvariedNote(verification);
  if (note) console.log(`${note}\n`);
  const size = `${bytesText(bytes + (external?.bytes ?? 0))}, ${parameters.toLocaleString('en')} parameters`;
  console.log(`${bundle}: ${manifest.name}, ${manifest.labels.names.length} labels, ${size}`);
}
