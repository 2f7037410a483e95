import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBundle } from '../../exporters/bundle.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { featureOrder } from '../../exporters/onnx/graft.ts';
import { type GraftBundleOptions, openGraft } from '../../jobs/graft.ts';
import { tfjsReference } from '../../models/reference.ts';
import { framesInput } from '../../src/bundle/frames-input.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { parseModel } from '../../src/onnx/parse.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { difference, seedWeights, tf } from '../exporters/onnx/parity.ts';

const L = tf.layers;
const normalization = { mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] } as const;
const targets = [
  { runtime: nodeRuntime, provider: 'cpu' as const },
  { runtime: webRuntime(), provider: 'wasm' as const },
];

let folder: string;
let labels: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-graft-'));
  labels = join(folder, 'labels.txt');
  await writeFile(labels, 'a\nb\nc\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const apply = (layer: unknown, x: SymbolicTensor) =>
  (layer as { apply(x: SymbolicTensor): SymbolicTensor }).apply(x);

/** Two convolutions, from images stored channels-first or channels-last, and a layer behind the cut. */
function backbone(dataFormat: 'channelsFirst' | 'channelsLast'): LayersModel {
  const x = tf.input({ shape: dataFormat === 'channelsFirst' ? [3, 12, 10] : [12, 10, 3], name: 'image' });
  const settings = { kernelSize: 3, strides: 2, padding: 'same', dataFormat } as const;
  const first = apply(L.conv2d({ name: 'conv1', filters: 8, activation: 'relu', ...settings }), x);
  const second = apply(L.conv2d({ name: 'conv2', filters: 6, ...settings }), first);
  // tfjs's cpu backend normalises along the last axis whatever the layer's axis is.
  const isLast = dataFormat === 'channelsLast';
  const normed = isLast ? apply(L.batchNormalization({ name: 'bn' }), second) : second;
  const features = apply(L.reLU({ name: 'features' }), normed);
  const model = tf.model({
    inputs: x,
    outputs: apply(L.dense({ name: 'logits', units: 7 }), apply(L.flatten({ name: 'flat' }), features)),
    name: `backbone_${dataFormat}`,
  });
  seedWeights(model, dataFormat);
  return model;
}

/** A head for maps [3, 3, 6], as tfjs has them. */
function mapHead(): LayersModel {
  const x = tf.input({ shape: [3, 3, 6], name: 'maps' });
  const conv = apply(L.conv2d({ name: 'conv', filters: 4, kernelSize: 2, activation: 'tanh' }), x);
  const pooled = apply(L.globalAveragePooling2d({ name: 'pool' } as never), conv);
  const dense = apply(L.dense({ name: 'scores', units: 3, activation: 'sigmoid' }), pooled);
  const model = tf.model({ inputs: x, outputs: dense, name: 'head' });
  seedWeights(model, 'head');
  return model;
}

async function writeModelJson(model: LayersModel, target: string): Promise<string> {
  await mkdir(target, { recursive: true });
  await model.save({
    async save({ weightData, weightSpecs, modelTopology }: io.ModelArtifacts) {
      await writeFile(
        join(target, 'weights.bin'),
        new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
      );
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = { format: 'layers-model', modelTopology, weightsManifest };
      await writeFile(join(target, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
  });
  return target;
}

/** The graph's name for what a layer gives. */
function valueNamed(model: LayersModel, layer: string): { bytes: Uint8Array; at: string } {
  const onnx = exportOnnx(model, { passes: [] });
  const node = onnx.graph.nodes.findLast(({ name }) => name.startsWith(`${layer}/`));
  return { bytes: onnx.bytes(), at: node?.outputs[0] ?? '' };
}

async function grafted(
  backbone: string,
  options: Pick<GraftBundleOptions, 'at' | 'head'>,
  name: string,
  stats: Pick<GraftBundleOptions, 'mean' | 'std'> = normalization,
) {
  const target = join(folder, name);
  const { source, head } = await openGraft(backbone, { labels, ...options, ...stats });
  await writeBundle(target, { ...source, targets }).finally(() => head.dispose());
  const bundle = await readBundle(target);
  return { bundle, golden: await readGolden(target, bundle.manifest) };
}

describe('a backbone cut and given a head', () => {
  it.each(['channelsFirst', 'channelsLast'] as const)(
    'gives what tfjs gives for both as one, %s',
    async (format) => {
      const [base, head] = [backbone(format), mapHead()];
      const { bytes, at } = valueNamed(base, 'features');
      const path = join(folder, `${format}.onnx`);
      await writeFile(path, bytes);
      const headPath = await writeModelJson(head, join(folder, `head-${format}`));
      const { bundle, golden } = await grafted(path, { at, head: headPath }, `out-${format}`);

      expect(framesInput(bundle.manifest)).toMatchObject({ kind: 'frame', height: 12, width: 10, frames: 1 });
      const { graph } = parseModel(bundle.graph, 'model.onnx');
      const operators = graph.nodes.map(({ operator }) => operator);
      expect(operators).not.toContain('BatchNormalization');
      expect(graph.nodes.some(({ name }) => name.includes('logits'))).toBe(false);

      const predict = (frames: unknown) => {
        const given = format === 'channelsFirst' ? tf.transpose(frames as never, [0, 3, 1, 2]) : frames;
        const cut = tf.model({ inputs: base.inputs, outputs: base.getLayer('features').output });
        const maps = cut.predict(given as never) as never;
        return head.predict(format === 'channelsFirst' ? tf.transpose(maps, [0, 2, 3, 1]) : maps) as never;
      };
      const reference = tfjsReference({ predict }, ['probabilities'], normalization);
      const { probabilities } = await reference({ frames: golden.frames as Tensor });
      expect(Math.max(...probabilities.data) - Math.min(...probabilities.data)).toBeGreaterThan(0.05);
      expect(difference(golden.probabilities, probabilities)).toBeLessThan(1e-5);
    },
  );

  it('takes a backbone of an older operator set, and gives the same', async () => {
    const { bytes, at } = valueNamed(backbone('channelsFirst'), 'features');
    const model = parseModel(bytes, 'backbone.onnx');
    // None of its operators has changed since.
    const older = serializeModel({ ...model, opsets: new Map([['', 13]]) }).whole();
    const head = await writeModelJson(mapHead(), join(folder, 'head-of-ages'));
    const made = [];
    for (const [name, backbone] of Object.entries({ newer: bytes, older })) {
      const path = join(folder, `${name}.onnx`);
      await writeFile(path, backbone);
      made.push(await grafted(path, { at, head }, `out-${name}`));
    }
    for (const { bundle } of made) expect(bundle.manifest.graph.opset).toBe(17);
    expect(made[1].golden).toEqual(made[0].golden);
  });

  it('takes a backbone of clips with its channels first', async () => {
    const path = new URL('../golden/classifiers/clip.onnx', import.meta.url).pathname;
    const { graph } = parseModel(await readFile(path), path);
    const pooled = graph.nodes.find(({ operator }) => operator === 'ReduceMean');
    const x = tf.input({ shape: [4], name: 'features' });
    const scores = apply(L.dense({ name: 'scores', units: 3, activation: 'sigmoid' }), x);
    const head = tf.model({ inputs: x, outputs: scores, name: 'head' });
    seedWeights(head, 'clips');
    const headPath = await writeModelJson(head, join(folder, 'head-clips'));
    const options = { at: pooled?.outputs[0] ?? '', head: headPath };
    const { bundle } = await grafted(path, options, 'clips');
    expect(framesInput(bundle.manifest)).toMatchObject({ kind: 'clip', frames: 4, height: 8, width: 10 });
  });

  const mobilenet = resolve('../shared/real/weights/mobilenet_v1_1.0_224_trunc_pw12.onnx');
  it.skipIf(!existsSync(mobilenet))(
    `takes a pretrained backbone of an older operator set (${mobilenet})`,
    async () => {
      const x = tf.input({ shape: [1024], name: 'features' });
      const scores = apply(L.dense({ name: 'scores', units: 3, activation: 'sigmoid' }), x);
      const head = tf.model({ inputs: x, outputs: scores, name: 'head' });
      seedWeights(head, 'pooled');
      const headPath = await writeModelJson(head, join(folder, 'head-pooled'));
      const scaling = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
      const { bundle } = await grafted(mobilenet, { at: 'pooled', head: headPath }, 'mobilenet', scaling);
      expect(bundle.manifest).toMatchObject({
        inputs: [{ options: { height: 224, width: 224 } }],
        graph: { opset: 17 },
      });
    },
  );

  it('says what does not fit', async () => {
    const { bytes, at } = valueNamed(backbone('channelsFirst'), 'features');
    const path = join(folder, 'backbone.onnx');
    await writeFile(path, bytes);
    const head = await writeModelJson(mapHead(), join(folder, 'head'));
    const attempt = (options: Partial<GraftBundleOptions>) =>
      openGraft(path, { at, head, labels, ...normalization, ...options });
    await expect(attempt({ at: 'elsewhere' })).rejects.toThrow('no value called elsewhere');
    await expect(attempt({ at: 'Features' })).rejects.toThrow(`others: ${at}`);
    await expect(attempt({ head: folder })).rejects.toThrow('--head is a tfjs model.json');
    const { at: flat } = valueNamed(backbone('channelsFirst'), 'flat');
    await expect(attempt({ at: flat })).rejects.toThrow('a head for [3, 3, 6], features of [54]');
  });
});

describe('featureOrder', () => {
  it.each([
    [[6, 3, 3], [3, 3, 6], 'channels-last'],
    [[3, 3, 6], [3, 3, 6], 'same'],
    [[4, 4, 4], [4, 4, 4], 'channels-last'],
    [[6, 3, 3], [null, null, 6], 'channels-last'],
    [[512], [512], 'same'],
  ] as const)('%j into %j: %s', (features, wanted, order) => {
    expect(featureOrder(features, wanted)).toBe(order);
  });
});
