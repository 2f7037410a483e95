import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { writeBundle } from '../../exporters/bundle.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { graphNames } from '../../jobs/source.ts';
import { resolveSystem } from '../../models/index.ts';
import { inputsOf } from '../../models/system.ts';
import { tf } from '../../models/tf.ts';
import { selectBackend } from '../../models/train/backend.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { validated } from '../bundle-parts.ts';

/** A frame system, one with attention, and a clip system. */
export const presets = ['pcd-resnet-tiny', 'apcd-resnet-tiny', 'pcd-r2plus1d-tiny'] as const;

/**
 * Exports the tiny systems with random weights that are large enough for probabilities all over 0–1, and attention
 * that differs from place to place.
 *
 * @returns the bundle folders, in the order of `presets`
 */
export async function writeRandomBundles(folder: string): Promise<string[]> {
  await selectBackend('wasm');
  const folders: string[] = [];
  for (const preset of presets) {
    folders.push(join(folder, preset));
    await writeRandomBundle(preset, join(folder, preset));
  }
  return folders;
}

async function writeRandomBundle(preset: string, folder: string): Promise<void> {
  const { system, config } = resolveSystem(preset);
  const model = system.build(config, 1);
  const rng = new Rng(preset);
  // Detectors that say no to most labels: everything at once would hide a label out of place.
  randomize(model, 'probabilities', rng, { scale: 0.9, bias: -2.5 });
  randomize(model, 'attention.conv', rng, { scale: 0.1, bias: 0 });
  const names = model.outputs.length > 1 ? ['probabilities', 'attention'] : ['probabilities'];
  // One in the form for browsers.
  const target = preset === 'apcd-resnet-tiny' ? 'wasm' : 'portable';
  const onnx = exportOnnx(model, { frames: imagenetNormalization, outputs: names, target });
  await writeBundle(folder, {
    // One keeps its weights in a file of their own.
    onnx: preset === 'pcd-resnet-tiny' ? onnx.withExternalData() : onnx,
    ...{ name: preset, target },
    labels: a2dLabels,
    inputs: graphNames(inputsOf(system, config)),
    scores: validated(0.3 + rng.uniform() / 2),
    provenance: { system: system.name, preset, seed: 1 },
    card: { title: system.title, summary: 'Random weights.', training: [] },
    reference: ({ frames }) => runModel(model, names, frames),
    targets: [{ runtime: nodeRuntime, provider: 'cpu' }],
  });
}

function randomize(
  model: LayersModel,
  name: string,
  rng: Rng,
  { scale, bias }: { scale: number; bias: number },
): void {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (!layer) return;
  const [kernel, biases] = layer.getWeights();
  // Of a softmax pair only the first, "present", is biased.
  const paired = biases.size === 2 * a2dLabels.names.length;
  layer.setWeights([
    tf.tensor(
      Float32Array.from({ length: kernel.size }, () => rng.normal(0, scale)),
      kernel.shape,
    ),
    tf.tensor(
      Float32Array.from({ length: biases.size }, (_, i) => (paired && i % 2 === 1 ? 0 : bias)),
      biases.shape,
    ),
  ]);
}

/** What TensorFlow.js says of uint8 frames, by name. */
export async function runModel(
  model: LayersModel,
  names: readonly string[],
  { data, shape }: Tensor,
): Promise<Record<string, Tensor>> {
  const { mean, std } = imagenetNormalization;
  const outputs = tf.tidy(() => {
    const scaled = tf.div(tf.tensor(Float32Array.from(data), [...shape]), 255);
    return [model.predict(tf.div(tf.sub(scaled, mean), std))].flat();
  });
  const values = await Promise.all(outputs.map((output) => output.data()));
  return Object.fromEntries(
    outputs.map(({ shape }, i) => [names[i], { dtype: 'float32', shape, data: values[i] as Float32Array }]),
  );
}
