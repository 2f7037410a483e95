import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeHuggingFaceRepository } from '../../exporters/hf/repository.ts';
import { writeTritonRepository } from '../../exporters/triton/repository.ts';
import { layersModelOf } from '../../models/layers-model-file.ts';
import { type BackendRequest, selectBackend } from '../../models/train/backend.ts';
import { loadRun } from '../../models/train/load-run.ts';
import { readWeights } from '../../models/train/model-weights.ts';
import { usageError } from '../../src/core/errors.ts';
import { encodeSafetensors } from '../../src/core/safetensors.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import { readModelJson } from '../../src/node/model-json-file.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { readBundles } from '../evaluation.ts';
import { table } from '../table.ts';
import { findModelJson } from './exportable-model.ts';

/** What `--to` makes, beside a bundle. */
export const otherForms = ['hf', 'triton', 'safetensors'] as const;
export type OtherForm = (typeof otherForms)[number];

interface Wanted {
  readonly out?: string;
  readonly checkpoint: 'best' | 'last';
  readonly backend: BackendRequest;
  readonly json: boolean;
}

/** Bundles as a repository for Hugging Face or for Triton; a run's or model's weights as a safetensors file. */
export async function exportTo(form: OtherForm, sources: readonly string[], wanted: Wanted): Promise<void> {
  if (form === 'safetensors') return toSafetensors(sources, wanted);
  await requireBundles(form, sources);
  return form === 'hf' ? toHuggingFace(sources, wanted) : toTriton(sources, wanted);
}

async function requireBundles(form: OtherForm, sources: readonly string[]): Promise<void> {
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

async function toHuggingFace(sources: readonly string[], { out, json }: Wanted): Promise<void> {
  const bundles = await readBundles(sources);
  const target = out ?? join('hf', bundles[0].manifest.name);
  const { files, verification } = await writeHuggingFaceRepository(target, bundles, [
    { runtime: nodeRuntime, provider: 'cpu' },
    { runtime: webRuntime(), provider: 'wasm' },
  ]);
  if (json) {
    console.log(JSON.stringify({ folder: target, files, verification }, null, 2));
    return;
  }
  const rows = verification.map(({ file, runtime, version, maxDifference }) => [
    ...[file, `${runtime} ${version}`, maxDifference.toExponential(1)],
  ]);
  console.log(`${table(['Graph', 'Runtime', "Max difference from the bundle's"], rows)}\n`);
  console.log(`${target}: ${files.join(', ')}`);
}

async function toTriton(sources: readonly string[], { out = 'triton', json }: Wanted): Promise<void> {
  const bundles = await readBundles(sources);
  const files = await writeTritonRepository(out, bundles);
  if (json) {
    console.log(JSON.stringify({ folder: out, files }, null, 2));
    return;
  }
  console.log(files.map((file) => join(out, file)).join('\n'));
  console.log(`\nserve it: tritonserver --model-repository ${out}`);
}

/** Under the names and in the axis order that `train --pretrained` reads. */
async function toSafetensors(sources: readonly string[], wanted: Wanted): Promise<void> {
  const { out, checkpoint, json } = wanted;
  if (sources.length !== 1) {
    throw usageError('--to safetensors takes one run folder or model.json', {
      received: `${sources.length}: ${sources.join(', ')}`,
    });
  }
  const [source] = sources;
  await selectBackend(wanted.backend);
  const { model, metadata } = await openWeights(source, checkpoint);
  const weights = readWeights(model);
  model.dispose();
  const path = out ?? `${model.name}.safetensors`;
  await writeFileAtomic(path, encodeSafetensors(weights, { format: 'tfjs', ...metadata }));
  const tensors = Object.values(weights);
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (json) console.log(JSON.stringify({ file: path, tensors: tensors.length, parameters }, null, 2));
  else console.log(`${path}: ${tensors.length} tensors, ${parameters.toLocaleString('en')} parameters`);
}

async function openWeights(source: string, checkpoint: Wanted['checkpoint']) {
  const modelJson = await findModelJson(source);
  if (modelJson !== undefined) {
    return { model: await layersModelOf(await readModelJson(modelJson)), metadata: {} };
  }
  const { model, run, checkpoint: read } = await loadRun(source, checkpoint);
  const metadata = {
    system: run.system,
    preset: run.preset,
    config: JSON.stringify(run.config),
    labels: JSON.stringify(run.labels.names),
    epoch: String(read.epoch),
  };
  return { model, metadata };
}
