import type { BackendName, BackendRequest } from '../models/train/backend.ts';
import type { Target } from '../src/bundle/manifest.ts';
import { usageError } from '../src/core/errors.ts';
import type { Tensor } from '../src/core/tensor.ts';
import { graphInputsOf } from '../src/inputs/plan.ts';
import { packageVersion } from '../src/node/package-info.ts';
import type { Listener } from './listener.ts';
import { outputNames } from './model-outputs.ts';
import { inPrecision, type PrecisionOptions, requireCost } from './precision.ts';
import { type ExportSource, openSource, type SourceOptions } from './source.ts';
import { tfjsSpread } from './tfjs-spread.ts';
import { onTrustedBackend } from './trusted-backend.ts';
import {
  type BundleOptions,
  requireWritable,
  taskOf,
  type WrittenBundle,
  writeVerified,
} from './written-bundle.ts';

/** What tfjs computes the golden values with, and how near runtimes have to come. */
export interface ReferenceOptions {
  /** Default: auto. */
  readonly backend?: BackendRequest;
  /** Of an output's largest value or of 1. Default: 1e-4, or what tfjs is from itself. */
  readonly tolerance?: number;
}

export interface ExportBundleOptions
  extends SourceOptions,
    BundleOptions,
    PrecisionOptions,
    ReferenceOptions,
    Listener {
  /** Where the graph is to run best. Default: portable. */
  readonly target?: Target;
}

/**
 * Writes a bundle of a run, or of a tfjs model of frames or clips, once both runtimes agree with tfjs.
 *
 * @param source a folder that `train` made, or a tfjs `model.json`, or the folder that it lies in
 * @returns where the bundle is, its manifest, and how far each runtime is off
 * @throws UserError when something is missing or damaged, or a runtime disagrees; exit 2 for options that do not fit.
 *   Nothing is written then
 * @example const { bundle } = await exportBundle('runs/pcd', { out: 'bundles/pcd' });
 */
export async function exportBundle(
  source: string,
  options: ExportBundleOptions = {},
): Promise<WrittenBundle> {
  requireTolerance(options);
  requireCost({ ...options, calibrate: options.data });
  if (options.out?.endsWith('.onnx')) {
    throw usageError('--out of a bundle is a folder', {
      received: options.out,
      remedy: `a plain .onnx file of a tfjs model: actionnx convert ${source} --out ${options.out}`,
    });
  }
  await requireWritable(options, [source]);
  return onTrustedBackend(options.backend ?? 'auto', options, async (backend, isLast) => {
    const opened = await openSource(source, options, options);
    try {
      return await exportOpened(opened, options, backend, isLast);
    } finally {
      opened.model.dispose();
    }
  });
}

async function exportOpened(
  source: ExportSource,
  options: ExportBundleOptions,
  backend: BackendName,
  isLast: boolean,
): Promise<WrittenBundle> {
  const { tolerance, precision = 'fp32', threshold } = options;
  const outputs = outputNames(source.model.outputs, source.labels);
  const { model, ...rest } = source;
  const { inputs, task } = rest;
  const fed = graphInputsOf(inputs);
  const target = formOf(options);
  const reference = model.reference(outputs, fed);
  const isMeasured = isLast && tolerance === undefined && precision === 'fp32';
  const float32 = {
    ...{ ...rest, task: taskOf(task, threshold), target },
    onnx: model.toOnnx({ inputs: fed, outputs, target, version: packageVersion }),
    provenance: { ...rest.provenance, exporter: { actionnx: packageVersion, tfjsBackend: backend } },
    reference,
    ...(tolerance !== undefined && { tolerance }),
    // Below float32, the graph answers for itself.
    ...(isMeasured && {
      spread: (given: Readonly<Record<string, Tensor>>, expected: Readonly<Record<string, Tensor>>) =>
        tfjsSpread(expected, (nudge) => reference(given, nudge), backend, options),
    }),
  };
  const inAsked = await inPrecision(float32, options, options);
  return writeVerified(inAsked, `tfjs (${backend})`, options, options);
}

/** @throws UserError (exit 2) */
export function requireTolerance({
  tolerance,
  precision = 'fp32',
}: ReferenceOptions & PrecisionOptions): void {
  if (tolerance === undefined) return;
  if (!(tolerance > 0 && tolerance < Number.POSITIVE_INFINITY)) {
    throw usageError('--tolerance must be a number above 0', { received: String(tolerance) });
  }
  // Below float32 a bundle's graph answers for itself.
  if (precision === 'fp32') return;
  throw usageError('--tolerance is for bundles in fp32', { received: `--precision ${precision}` });
}

/** The form that is written, which the bundle records: in 8 bits one is the fastest everywhere. */
function formOf({ target = 'portable', precision, onNotice }: ExportBundleOptions): Target {
  if (precision !== 'int8' || target === 'portable') return target;
  onNotice?.(`int8 has one form for all targets: portable is written and recorded, not ${target}`);
  return 'portable';
}
