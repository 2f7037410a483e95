import { type BackendRequest, backendRequests } from '../../models/train/backend.ts';
import type { GraftArguments } from './graft.ts';
import { otherForms } from './other-forms.ts';
import { type PrecisionArguments, precisionOptions } from './precision-options.ts';
import type { SourceOptions } from './source.ts';

/** What an export makes. */
const forms = ['bundle', 'onnx', ...otherForms] as const;
export type Form = (typeof forms)[number];

export interface ExportArguments
  extends SourceOptions,
    PrecisionArguments,
    Partial<Pick<GraftArguments, 'graft' | 'at' | 'head'>> {
  readonly source: readonly string[];
  readonly ensemble: boolean;
  readonly to?: Form;
  readonly inputs?: string;
  readonly threshold: number;
  readonly backend: BackendRequest;
  readonly import?: string;
  readonly tolerance?: number;
  readonly externalData: boolean;
  readonly json: boolean;
}

/** As typed: flags that were left out are missing here, whatever their default. */
export type GivenArguments = Pick<ExportArguments, 'source'> & Partial<ExportArguments>;

const options = {
  to: {
    choices: forms,
    describe:
      'onnx: a plain file of any tfjs model, as without --labels; hf, triton: bundles as a model repository; ' +
      'safetensors: the weights of a run or model',
  },
  ensemble: {
    type: 'boolean',
    default: false,
    describe: 'the sources are bundles: merge them and their vote into one graph',
  },
  graft: { type: 'string', describe: 'an ONNX backbone of any origin, to be given --head' },
  at: { type: 'string', describe: 'with --graft: the value of the backbone to cut at' },
  head: { type: 'string', describe: 'with --graft: a tfjs model.json that takes the value' },
  out: {
    type: 'string',
    describe: 'bundle folder or .onnx file; default: bundles/<name> or <name>.onnx',
  },
  inputs: {
    type: 'string',
    describe: 'for --to onnx: npz or safetensors of inputs to verify with; default: random ones',
  },
  checkpoint: { choices: ['best', 'last'], default: 'best', describe: "which of the run's weights" },
  name: { type: 'string', describe: "what results call it; default: the run's preset, or the name of --out" },
  threshold: { type: 'number', default: 0.5, describe: 'least probability of a predicted label' },
  labels: { type: 'string', describe: 'for tfjs models: a file with one label a line' },
  mean: { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" },
  std: { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" },
  speed: { type: 'number', describe: "for tfjs models: the step between a clip's frames; default: 1" },
  import: {
    type: 'string',
    describe: 'for tfjs models: a JavaScript module that registers custom layers and their converters',
  },
  backend: {
    choices: backendRequests,
    default: 'auto',
    describe: 'what tfjs computes the golden values with',
  },
  tolerance: {
    type: 'number',
    describe:
      "how far runtimes may be from tfjs, of an output's largest value or of 1; default: 1e-4, or what tfjs is from itself where a model magnifies rounding",
  },
  'external-data': {
    type: 'boolean',
    default: false,
    describe: 'weights in a file beside the graph, as always above 2 GiB',
  },
  ...precisionOptions,
  json: { type: 'boolean', default: false, describe: 'print the manifest and the checks as JSON' },
} as const;

export type Flag = keyof typeof options;

interface Option {
  readonly describe: string;
  readonly default?: unknown;
}

/** The flags as yargs takes them: it tells the defaults in the help and does not fill them in. */
export const exportOptions = Object.fromEntries(
  Object.entries<Option>(options).map(([flag, { default: value, ...option }]) => [
    flag,
    value === undefined ? option : { ...option, defaultDescription: JSON.stringify(value) },
  ]),
);

const defaults = Object.fromEntries(
  Object.entries<Option>(options).flatMap(([flag, { default: value }]) =>
    value === undefined ? [] : [[flag.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), value]],
  ),
);

/** What was typed, and the defaults of the rest. */
export function withDefaults(given: GivenArguments): ExportArguments {
  return { ...defaults, ...given } as ExportArguments;
}

/** The flags that were typed, in the order of the help; `--no-json` and its like ask for nothing. */
export function givenFlags(given: GivenArguments): Flag[] {
  const values = given as unknown as Record<Flag, unknown>;
  return (Object.keys(options) as Flag[]).filter(
    (flag) => values[flag] !== undefined && values[flag] !== false,
  );
}
