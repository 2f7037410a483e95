import { writeBundle } from '../../exporters/bundle.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { tf } from '../../models/tf.ts';
import { selectBackend } from '../../models/train/backend.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { frames as frameInputs, validated } from '../bundle-parts.ts';
import { runModel } from './random-bundles.ts';

/**
 * Writes a bundle that is proven by its golden inputs and fails on bright pictures, where its probabilities exceed 1.
 * Its attention is the same everywhere.
 */
export async function writeFragileBundle(folder: string, name: string): Promise<void> {
  await selectBackend('wasm');
  const size = 32;
  const frames = tf.input({ shape: [size, size, 3], name: 'frames' });
  const pooled = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(frames);
  // Random pictures have a normalized mean of 0.2, and white ones of 2.4.
  const bright = tf.layers.dense({
    units: 1,
    activation: 'relu',
    weights: [tf.fill([3, 1], 1 / 3), tf.tensor1d([-1.2])],
  });
  const labels = a2dLabels.names.length;
  const probabilities = tf.layers.dense({
    units: labels,
    weights: [tf.fill([1, labels], 10), tf.fill([labels], 0.3)],
  });
  const attention = tf.layers.conv2d({
    filters: 1,
    kernelSize: 8,
    strides: 8,
    activation: 'sigmoid',
    weights: [tf.zeros([8, 8, 3, 1]), tf.tensor1d([4])],
  });
  const map = tf.layers.reshape({ targetShape: [4, 4] }).apply(attention.apply(frames));
  const model = tf.model({
    inputs: frames,
    outputs: [probabilities.apply(bright.apply(pooled)), map] as never,
  });
  const names = ['probabilities', 'attention'];
  await writeBundle(folder, {
    onnx: exportOnnx(model, { frames: imagenetNormalization, outputs: names, target: 'portable' }),
    ...{ name, target: 'portable', labels: a2dLabels },
    inputs: frameInputs({ height: size, width: size }),
    scores: validated(0.5),
    provenance: { dataset: 'synthetic-a2d' },
    card: { title: name, summary: 'Fails on bright pictures.', training: [] },
    reference: ({ frames }) => runModel(model, names, frames),
    targets: [{ runtime: nodeRuntime, provider: 'cpu' }],
  });
}
