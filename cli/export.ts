import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandModule } from 'yargs';
import { type BundleSource, writeBundle } from '../exporters/bundle.ts';
import { bytesText } from '../exporters/inspect/bytes-text.ts';
import { type BackendRequest, backendRequests, selectBackend } from '../models/train/backend.ts';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { openEnsemble } from './export/ensemble.ts';
import { findModelJson } from './export/exportable-model.ts';
import { type GraftArguments, openGraft } from './export/graft.ts';
import { exportTo, otherForms } from './export/other-forms.ts';
import { exportPlain } from './export/plain-file.ts';
import { costRows, inPrecision } from './export/precision.ts';
import { type PrecisionArguments, precisionOptions } from './export/precision-options.ts';
import { openSource, outputNames, readNormalization, type SourceOptions } from './export/source.ts';
import { onTrustedBackend } from './export/trusted-backend.ts';
import { unvariedNote, verificationTable } from './export/verification-table.ts';
import { verificationTargets } from './export/verification-targets.ts';
import { table } from './table.ts';

/** What an export makes. */
const forms = ['bundle', 'onnx', ...otherForms] as const;
type Form = (typeof forms)[number];

interface Arguments
  extends SourceOptions,
    PrecisionArguments,
    Partial<Pick<GraftArguments, 'graft' | 'at' | 'head'>> {
  source: string[];
  ensemble: boolean;
  to?: Form;
  out?: string;
  inputs?: string;
  threshold: number;
  backend: BackendRequest;
  import?: string;
  externalData: boolean;
  json: boolean;
}

/** `actionnx export`: a trained run, or any tfjs LayersModel or GraphModel of frames, as a verified bundle. */
export const command: CommandModule<unknown, Arguments> = {
  command: 'export [source..]',
  describe: 'write a bundle: the ONNX graph, proven against tfjs, and all that is needed to run it',
  builder: (yargs) =>
    yargs
      .positional('source', {
        type: 'string',
        array: true,
        default: [],
        describe: 'a run folder, or the model.json of a tfjs model of either format',
      })
      .option('to', {
        choices: forms,
        describe:
          'onnx: a plain file of any tfjs model, as without --labels; hf, triton: bundles as a model repository; ' +
          'safetensors: the weights of a run or model',
      })
      .option('ensemble', {
        type: 'boolean',
        default: false,
        describe: 'the sources are bundles: merge them and their vote into one graph',
      })
      .option('graft', { type: 'string', describe: 'an ONNX backbone of any origin, to be given --head' })
      .option('at', { type: 'string', describe: 'with --graft: the value of the backbone to cut at' })
      .option('head', { type: 'string', describe: 'with --graft: a tfjs model.json that takes the value' })
      .option('out', {
        type: 'string',
        describe: 'bundle folder or .onnx file; default: bundles/<name> or <name>.onnx',
      })
      .option('inputs', {
        type: 'string',
        describe: 'for --to onnx: npz or safetensors of inputs to verify with; default: random ones',
      })
      .option('checkpoint', {
        choices: ['best', 'last'] as const,
        default: 'best' as const,
        describe: "which of the run's weights",
      })
      .option('name', { type: 'string', describe: "what results call it; default: the run's preset" })
      .option('threshold', {
        type: 'number',
        default: 0.5,
        describe: 'least probability of a predicted label',
      })
      .option('labels', { type: 'string', describe: 'for tfjs models: a file with one label a line' })
      .option('mean', { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" })
      .option('std', { type: 'string', describe: "for tfjs models: R,G,B in 0–1; default: ImageNet's" })
      .option('speed', { type: 'number', describe: "for tfjs models: the step between a clip's frames" })
      .option('import', {
        type: 'string',
        describe: 'for tfjs models: a JavaScript module that registers custom layers and their converters',
      })
      .option('backend', {
        choices: backendRequests,
        default: 'auto' as const,
        describe: 'what tfjs computes the golden values with',
      })
      .option('external-data', {
        type: 'boolean',
        default: false,
        describe: 'weights in a file beside the graph, as always above 2 GiB',
      })
      .options(precisionOptions)
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'print the manifest and the checks as JSON',
      })
      .example('actionnx export runs/pcd --out bundles/pcd', 'the best epoch of a run')
      .example(
        'actionnx export model.json --out model.onnx',
        'any tfjs model, with its own inputs and outputs',
      )
      .example('actionnx export bundles/pcd --to hf --out hf/pcd', 'for transformers.js')
      .example(
        'actionnx export --ensemble bundles/a bundles/b --out bundles/both',
        'two systems as one graph',
      )
      .example(
        'actionnx export --graft mobilenet.onnx --at pooled --head head/model.json --labels labels.txt',
        'a backbone of another origin with a head trained on its features',
      ) as never,
  handler: async (args) => {
    const { source: paths, out, threshold, backend: request } = args;
    const to = args.to ?? (await impliedForm(args));
    requireFlagsOf(to, args);
    if (args.import !== undefined) await importModule(args.import);
    if (to === 'onnx') return exportPlain(paths, args);
    if (to !== 'bundle') return exportTo(to, paths, args);
    if (!(threshold > 0 && threshold < 1)) {
      throw usageError('--threshold must lie between 0 and 1', { received: String(threshold) });
    }
    if (args.ensemble || args.graft !== undefined) requireAsItIs(args);
    if (args.ensemble) {
      const source = await openEnsemble(paths, args);
      const checked = await inPrecision(source, args);
      return writeAndTell(out ?? join('bundles', source.name), checked, 'the members combined', args);
    }
    if (args.graft !== undefined) {
      if (paths.length > 0) throw usageError('--graft takes no source', { received: paths.join(', ') });
      await selectBackend(request);
      const source = await openGraft({ ...args, graft: args.graft }, readNormalization(args));
      const inAsked = await inPrecision(source, args);
      return writeAndTell(
        out ?? join('bundles', source.name),
        inAsked,
        'backbone and head by themselves',
        args,
      );
    }
    const path = onlySource(paths);
    await onTrustedBackend(request, (backend) => exportBundle(path, args, backend));
  },
};

async function exportBundle(path: string, args: Arguments, backend: string): Promise<void> {
  const source = await openSource(path, args);
  const target = args.out ?? join('bundles', source.name);
  const outputs = outputNames(
    source.model.outputs.map(({ shape }) => shape),
    source.labels,
  );
  const { model, input, ...rest } = source;
  const { target: goal, precision } = args;
  // int8 is of convolutions, which target wasm writes in another way.
  const form = precision === 'int8' && goal === 'wasm' ? 'portable' : goal;
  const float32 = {
    ...{ ...rest, input, threshold: args.threshold, target: goal },
    onnx: model.toOnnx({ frames: input, outputs, target: form, version: packageVersion }),
    provenance: { ...rest.provenance, exporter: { actionnx: packageVersion, tfjsBackend: backend } },
    reference: model.reference(outputs, input),
  };
  const inAsked = await inPrecision(float32, args);
  await writeAndTell(target, inAsked, `tfjs (${backend})`, args);
  model.dispose();
}

/** A file where one is named, or where there are no labels to make a bundle with. */
async function impliedForm({ source, out, labels, ensemble, graft }: Arguments): Promise<Form> {
  if (ensemble || graft !== undefined) return 'bundle';
  if (out?.endsWith('.onnx')) return 'onnx';
  const isModel =
    labels === undefined && source.length === 1 && (await findModelJson(source[0])) !== undefined;
  return isModel ? 'onnx' : 'bundle';
}

/** @throws UserError (exit 2) for flags that would have no effect */
function requireFlagsOf(form: Form, args: Arguments): void {
  const { inputs, labels, mean, std, speed, name, graft, ensemble, calibrate, externalData } = args;
  const { precision, target } = args;
  const graphs = {
    '--precision': precision !== 'fp32',
    '--target': target !== 'portable',
    '--external-data': externalData,
  };
  const bundles = {
    ...{ '--labels': labels, '--mean': mean, '--std': std, '--speed': speed, '--name': name },
    ...{ '--graft': graft, '--ensemble': ensemble, '--calibrate': calibrate },
  };
  const useless =
    form === 'bundle'
      ? { '--inputs': inputs }
      : form === 'onnx'
        ? bundles
        : { ...bundles, ...graphs, '--inputs': inputs };
  const given = Object.entries(useless).find(([, value]) => value !== undefined && value !== false);
  if (given)
    throw usageError(`${given[0]} has no meaning for --to ${form}`, {
      remedy:
        form !== 'onnx' || args.to !== undefined
          ? 'leave one of the two out'
          : labels === undefined
            ? 'give --labels too, for a bundle'
            : 'give a folder for --out, for a bundle',
    });
}

/** Runs a module of the user's, for what it registers. */
async function importModule(path: string): Promise<void> {
  await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw new UserError(`${path} must be a JavaScript module that loads`, {
      received: reasonOf(cause),
      cause,
    });
  });
}

/** Graphs that are joined keep their form, and the members of an ensemble their precision too. */
function requireAsItIs({ ensemble, graft, precision, target }: Arguments): void {
  if (ensemble && graft !== undefined)
    throw usageError('--ensemble and --graft are two things', { remedy: 'give one' });
  const wanted =
    target !== 'portable'
      ? `--target ${target}`
      : ensemble && precision !== 'fp32'
        ? `--precision ${precision}`
        : null;
  if (wanted === null) return;
  throw usageError(`--${ensemble ? 'ensemble' : 'graft'} joins graphs as they are`, {
    received: wanted,
    remedy: ensemble ? 'give it where the members are exported' : 'leave it out',
  });
}

function onlySource(paths: readonly string[]): string {
  if (paths.length === 1) return paths[0];
  throw usageError('export takes one run folder or model.json', { received: paths.join(', ') || 'none' });
}

/** Writes and verifies a bundle, and says how it went. */
async function writeAndTell(
  target: string,
  source: Omit<BundleSource, 'targets'>,
  reference: string,
  { json, externalData }: Pick<Arguments, 'json' | 'externalData'>,
): Promise<void> {
  const { parameters } = source.onnx;
  const onnx = externalData ? { ...source.onnx.withExternalData(), parameters } : source.onnx;
  const targets = verificationTargets(onnx);
  const { manifest, verification } = await writeBundle(target, { ...source, onnx, targets });
  if (json) {
    console.log(JSON.stringify({ bundle: target, manifest, verification }, null, 2));
    return;
  }
  const { bytes, external, cost, precision } = manifest.graph;
  // Below float32, runtimes are compared with one of them: the cost says how far that is from tfjs.
  const from = precision === 'fp32' ? reference : `onnxruntime-node's ${precision}`;
  console.log(`${verificationTable(verification, from)}\n`);
  if (cost) console.log(`${table([`${precision} against fp32`, ''], costRows(cost))}\n`);
  const note = unvariedNote(verification);
  if (note) console.log(`${note}\n`);
  const size = `${bytesText(bytes + (external?.bytes ?? 0))}, ${parameters.toLocaleString('en')} parameters`;
  console.log(`${target}: ${manifest.name}, ${manifest.labels.names.length} labels, ${size}`);
}
