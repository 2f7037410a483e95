import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandModule } from 'yargs';
import { type BundleSource, writeBundle } from '../exporters/bundle.ts';
import { bytesText } from '../exporters/inspect/bytes-text.ts';
import { type BackendName, selectBackend } from '../models/train/backend.ts';
import { reasonOf, UserError, usageError } from '../src/core/errors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { packageVersion } from '../src/node/package-info.ts';
import { requireOther } from '../src/node/replaceable.ts';
import { openEnsemble } from './export/ensemble.ts';
import { findModelJson } from './export/exportable-model.ts';
import { requireEffect } from './export/flag-uses.ts';
import { openGraft } from './export/graft.ts';
import { outputNames } from './export/model-outputs.ts';
import {
  type ExportArguments,
  exportOptions,
  type Form,
  type GivenArguments,
  withDefaults,
} from './export/options.ts';
import { exportTo } from './export/other-forms.ts';
import { exportPlain } from './export/plain-file.ts';
import { costRows, inPrecision, requireCost } from './export/precision.ts';
import { type ExportSource, openSource, readNormalization } from './export/source.ts';
import { tfjsSpread } from './export/tfjs-spread.ts';
import { onTrustedBackend } from './export/trusted-backend.ts';
import { unvariedNote, verificationTable } from './export/verification-table.ts';
import { verificationTargets } from './export/verification-targets.ts';
import { table } from './table.ts';

/** `actionnx export`: a trained run, or any tfjs LayersModel or GraphModel of frames, as a verified bundle. */
export const command: CommandModule<unknown, GivenArguments> = {
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
      .options(exportOptions)
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
  handler: async (given) => {
    const args = withDefaults(given);
    const { source: paths, out, threshold, backend: request } = args;
    const to = args.to ?? (await impliedForm(args));
    await requireEffect(to, given);
    requireTolerance(args);
    if (args.import !== undefined) await importModule(args.import);
    if (to === 'onnx') return exportPlain(paths, args);
    if (to !== 'safetensors' && out?.endsWith('.onnx')) {
      const what = to === 'bundle' ? 'a bundle' : `--to ${to}`;
      throw usageError(`--out of ${what} is a folder`, { received: out, remedy: 'graphs will be inside' });
    }
    if (to !== 'bundle') return exportTo(to, paths, args);
    requireCost(args);
    if (out !== undefined) await requireOther(out, [...paths, ...(args.head ? [args.head] : [])], '--out');
    if (!(threshold > 0 && threshold < 1)) {
      throw usageError('--threshold must lie between 0 and 1', { received: String(threshold) });
    }
    if (args.ensemble) {
      const onNotice = (message: string) => process.stderr.write(`${message}\n`);
      const source = await openEnsemble(paths, { ...args, onNotice });
      const checked = await inPrecision(source, args);
      return writeAndTell(out ?? join('bundles', source.name), checked, 'the members combined', args);
    }
    if (args.graft !== undefined) {
      if (paths.length > 0) throw usageError('--graft takes no source', { received: paths.join(', ') });
      await selectBackend(request);
      const { source, head } = await openGraft({ ...args, graft: args.graft }, readNormalization(args));
      try {
        const inAsked = await inPrecision(source, args);
        return await writeAndTell(
          out ?? join('bundles', source.name),
          { ...inAsked, ...(args.tolerance !== undefined && { tolerance: args.tolerance }) },
          'backbone and head by themselves',
          args,
        );
      } finally {
        head.dispose();
      }
    }
    const path = onlySource(paths);
    await onTrustedBackend(request, (backend, isLast) => exportBundle(path, args, backend, isLast));
  },
};

async function exportBundle(
  path: string,
  args: ExportArguments,
  backend: BackendName,
  isLast: boolean,
): Promise<void> {
  const source = await openSource(path, args);
  try {
    await exportOpened(source, args, backend, isLast);
  } finally {
    source.model.dispose();
  }
}

async function exportOpened(
  source: ExportSource,
  args: ExportArguments,
  backend: BackendName,
  isLast: boolean,
): Promise<void> {
  const target = args.out ?? join('bundles', source.name);
  const outputs = outputNames(source.model.outputs, source.labels);
  const { model, input, ...rest } = source;
  const form = formOf(args);
  const reference = model.reference(outputs, input);
  const isMeasured = isLast && args.tolerance === undefined && args.precision === 'fp32';
  const float32 = {
    ...{ ...rest, input, threshold: args.threshold, target: form },
    onnx: model.toOnnx({ frames: input, outputs, target: form, version: packageVersion }),
    provenance: { ...rest.provenance, exporter: { actionnx: packageVersion, tfjsBackend: backend } },
    reference,
    ...(args.tolerance !== undefined && { tolerance: args.tolerance }),
    // Below float32, the graph answers for itself.
    ...(isMeasured && {
      spread: (frames: Tensor, expected: Record<string, Tensor>) =>
        tfjsSpread(expected, (nudge) => reference(frames, nudge), backend),
    }),
  };
  const inAsked = await inPrecision(float32, args);
  await writeAndTell(target, inAsked, `tfjs (${backend})`, args);
}

/** @throws UserError (exit 2) */
function requireTolerance({ tolerance }: ExportArguments): void {
  if (tolerance === undefined || (tolerance > 0 && tolerance < Number.POSITIVE_INFINITY)) return;
  throw usageError('--tolerance must be a number above 0', { received: String(tolerance) });
}

/** The form that is written, which the bundle records: in 8 bits one is the fastest everywhere. */
function formOf({ target, precision }: ExportArguments): ExportArguments['target'] {
  if (precision !== 'int8' || target === 'portable') return target;
  process.stderr.write(
    `int8 has one form for all targets: portable is written and recorded, not ${target}\n`,
  );
  return 'portable';
}

/** A file where one is named, or where there are no labels to make a bundle with. */
async function impliedForm({ source, out, labels, ensemble, graft }: ExportArguments): Promise<Form> {
  if (ensemble || graft !== undefined) return 'bundle';
  if (out?.endsWith('.onnx')) return 'onnx';
  const isModel =
    labels === undefined && source.length === 1 && (await findModelJson(source[0])) !== undefined;
  return isModel ? 'onnx' : 'bundle';
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

function onlySource(paths: readonly string[]): string {
  if (paths.length === 1) return paths[0];
  throw usageError('export takes one run folder or model.json', { received: paths.join(', ') || 'none' });
}

/** Writes and verifies a bundle, and says how it went. */
async function writeAndTell(
  target: string,
  source: Omit<BundleSource, 'targets'>,
  reference: string,
  { json, externalData }: Pick<ExportArguments, 'json' | 'externalData'>,
): Promise<void> {
  const onnx = externalData ? source.onnx.withExternalData() : source.onnx;
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
  const size = `${bytesText(bytes + (external?.bytes ?? 0))}, ${onnx.parameters.toLocaleString('en')} parameters`;
  console.log(`${target}: ${manifest.name}, ${manifest.labels.names.length} labels, ${size}`);
}
