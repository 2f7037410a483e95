import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHuggingFaceRepository } from '../exporters/hf/repository.ts';
import { writeTritonRepository } from '../exporters/triton/repository.ts';
import { layersModelOf } from '../models/layers-model-file.ts';
import { type BackendRequest, selectBackend } from '../models/train/backend.ts';
import { loadRun } from '../models/train/load-run.ts';
import { readWeights } from '../models/train/model-weights.ts';
import { usageError } from '../src/core/errors.ts';
import { encodeSafetensors } from '../src/core/safetensors.ts';
import { sizeOf } from '../src/core/tensor.ts';
import { writeFileAtomic } from '../src/node/atomic-file.ts';
import { readModelJson } from '../src/node/model-json-file.ts';
import { nodeRuntime } from '../src/runtime/node.ts';
import { webRuntime } from '../src/runtime/web.ts';
import { readBundles } from './bundles.ts';
import { findModelJson } from './exportable-model.ts';

/** A repository as it was written. */
export interface HuggingFaceRepository extends Awaited<ReturnType<typeof writeHuggingFaceRepository>> {
  readonly folder: string;
}

/** The files of a repository, by their paths in its folder. */
export interface TritonRepository {
  readonly folder: string;
  readonly files: readonly string[];
}

/** A safetensors file of a model's weights. */
export interface PublishedWeights {
  readonly file: string;
  readonly tensors: number;
  readonly parameters: number;
}

/**
 * Writes bundles as a repository that transformers.js loads, once its graphs answer as the bundles do in both runtimes.
 *
 * @param options.out its folder; default: `hf/<the first bundle's name>`
 * @throws UserError when a source is no bundle, or a graph answers otherwise; nothing is written then
 * @example await publishHuggingFace(['bundles/a1'], { out: 'hf/a1' });
 */
export async function publishHuggingFace(
  folders: readonly string[],
  options: { readonly out?: string } = {},
): Promise<HuggingFaceRepository> {
  await requireBundles('hf', folders, options.out);
  const bundles = await readBundles(folders);
  const { out = join('hf', bundles[0].manifest.name) } = options;
  const written = await writeHuggingFaceRepository(out, bundles, [
    { runtime: nodeRuntime, provider: 'cpu' },
    { runtime: webRuntime(), provider: 'wasm' },
  ]);
  return { ...written, folder: out };
}

/**
 * Writes bundles as a model repository for Triton.
 *
 * @param options.out its folder; default: `triton`
 * @throws UserError when a source is no bundle
 * @example await publishTriton(['bundles/a1', 'bundles/a3'], { out: 'triton' });
 */
export async function publishTriton(
  folders: readonly string[],
  options: { readonly out?: string } = {},
): Promise<TritonRepository> {
  const { out = 'triton' } = options;
  await requireBundles('triton', folders, options.out);
  return { folder: out, files: await writeTritonRepository(out, await readBundles(folders)) };
}

async function requireBundles(
  form: 'hf' | 'triton',
  sources: readonly string[],
  out: string | undefined,
): Promise<void> {
  if (out?.endsWith('.onnx')) {
    throw usageError(`--out of --to ${form} is a folder`, {
      received: out,
      remedy: 'graphs will be inside',
    });
  }
  if (sources.length === 0) throw usageError(`--to ${form} takes bundles`, { received: 'none' });
  for (const source of sources) {
    const isBundle = await stat(join(source, 'bundle.json')).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isBundle) continue;
    throw usageError(`--to ${form} takes bundles`, {
      received: `${source}, which has no bundle.json`,
      remedy: `make one first: actionnx export ${source} --out bundles/… (and --labels, for a model.json)`,
    });
  }
}

export interface PublishWeightsOptions {
  /** The file. Default: the model's name, with `.safetensors`. */
  readonly out?: string;
  /** Which of a run's weights. Default: best. */
  readonly checkpoint?: 'best' | 'last';
  /** Default: auto. */
  readonly backend?: BackendRequest;
}

/**
 * Writes the weights of a run or a tfjs LayersModel as a safetensors file, under the names and in the axis order that
 * `train` reads as pretrained weights.
 *
 * @param source a folder that `train` made, or a `model.json`, or the folder that it lies in
 * @throws UserError when it cannot be read, or weights are no numbers
 * @example const { parameters } = await publishWeights('runs/pcd', { out: 'pcd.safetensors' });
 */
export async function publishWeights(
  source: string,
  options: PublishWeightsOptions = {},
): Promise<PublishedWeights> {
  const { checkpoint, backend = 'auto' } = options;
  await selectBackend(backend);
  const { model, metadata } = await openWeights(source, checkpoint);
  const weights = readWeights(model);
  model.dispose();
  const file = options.out ?? `${model.name}.safetensors`;
  await writeFileAtomic(file, encodeSafetensors(weights, { format: 'tfjs', ...metadata }));
  const tensors = Object.values(weights);
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { file, tensors: tensors.length, parameters };
}

async function openWeights(source: string, checkpoint: PublishWeightsOptions['checkpoint']) {
  const modelJson = await findModelJson(source);
  if (modelJson !== undefined) {
    if (checkpoint !== undefined) {
      throw usageError('--checkpoint is for runs', {
        received: `${modelJson}, a tfjs model`,
        remedy: 'leave it out',
      });
    }
    return { model: await layersModelOf(await readModelJson(modelJson)), metadata: {} };
  }
  const { model, run, checkpoint: read } = await loadRun(source, checkpoint ?? 'best');
  const metadata = {
    system: run.system,
    preset: run.preset,
    config: JSON.stringify(run.config),
    labels: JSON.stringify(run.labels.names),
    epoch: String(read.epoch),
  };
  return { model, metadata };
}
