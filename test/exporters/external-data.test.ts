import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheKey } from '../../eval/cache/key.ts';
import { type BundleSource, unwrittenBundle, writeBundle } from '../../exporters/bundle.ts';
import { writeHuggingFaceRepository } from '../../exporters/hf/repository.ts';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { externalFile, type OnnxModel } from '../../exporters/onnx/onnx-model.ts';
import { writeTritonRepository } from '../../exporters/triton/repository.ts';
import { tfjsReference } from '../../models/reference.ts';
import { parseBundle } from '../../src/bundle/parse-bundle.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { imagenetNormalization } from '../../src/core/normalization.ts';
import { readBundle } from '../../src/node/bundle-folder.ts';
import { readModelFile } from '../../src/node/model-file.ts';
import { bytesOf } from '../../src/onnx/element-type.ts';
import type { Graph } from '../../src/onnx/graph.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { webRuntime } from '../../src/runtime/web.ts';
import { frames } from '../bundle-parts.ts';
import { tinyFrame } from '../golden/tiny-a2d.ts';
import { seedWeights, tf } from './onnx/parity.ts';

let folder: string;
let written: Awaited<ReturnType<typeof writeBundle>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-external-'));
  written = await writeBundle(
    join(folder, 'bundle'),
    source((onnx) => onnx.withExternalData()),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function source(change: (onnx: OnnxModel) => OnnxModel): BundleSource {
  const x = tf.input({ shape: [9, 8, 3], name: 'x' });
  const conv = tf.layers.conv2d({ name: 'conv', filters: 64, kernelSize: 3, activation: 'relu' }).apply(x);
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' } as never).apply(conv);
  const dense = tf.layers.dense({ name: 'dense', units: 43, activation: 'sigmoid' });
  const model = tf.model({ inputs: x, outputs: dense.apply(pooled) as SymbolicTensor, name: 'outside' });
  seedWeights(model, 'outside');
  return {
    onnx: change(exportOnnx(model, { frames: imagenetNormalization, outputs: ['probabilities'] })),
    ...{ name: 'outside', labels: a2dLabels, scores: [], provenance: {} },
    inputs: frames({ height: 9, width: 8 }),
    card: { title: 'Outside', summary: '', training: [] },
    reference: tfjsReference(model as never, ['probabilities'], imagenetNormalization),
    targets: [
      { runtime: nodeRuntime, provider: 'cpu' },
      { runtime: webRuntime(), provider: 'wasm' },
    ],
  };
}

const elements = ({ initializers }: Graph) =>
  [...initializers.values()].map(({ name, data }) => [name, Buffer.from(bytesOf(data())).toString('hex')]);

describe('weights in a file of their own', () => {
  it('are verified on both runtimes, hashed, and those of the whole graph', async () => {
    const target = join(folder, 'bundle');
    const { manifest, verification } = written;
    expect(verification.map(({ passed }) => passed)).toEqual([true, true]);
    expect(manifest).toMatchObject({ formatVersion: 3, graph: { external: { file: externalFile } } });
    expect((await readdir(target)).sort()).toEqual(
      ['README.md', 'bundle.json', 'golden.safetensors', 'model.onnx', externalFile].sort(),
    );
    const whole = source((onnx) => onnx).onnx;
    expect(manifest.graph.bytes).toBeLessThan(whole.byteLength);
    expect(manifest.graph.parameters).toBe(whole.parameters);
    const data = await readFile(join(target, externalFile));
    expect(data.length).toBe(manifest.graph.external?.bytes);
    for (const model of [
      await readModelFile(join(target, 'model.onnx')),
      parseBundle(await readBundle(target)),
    ]) {
      expect(elements(model.graph)).toEqual(elements(whole.graph));
    }
    // The kernel alone is large enough: 64 × 3 × 3 × 3 floats, and the dense layer's.
    expect(data.length).toBe(8192 + 64 * 43 * 4);
    expect(await readFile(join(target, 'README.md'), 'utf8')).toContain(externalFile);
  });

  it('are part of what a prediction depends on, and need not be written to be run', async () => {
    const bundle = await unwrittenBundle(source((onnx) => onnx.withExternalData()));
    const classifier = await Classifier.open(bundle, nodeRuntime, { provider: 'cpu' });
    const { probabilities } = await classifier.predict([[tinyFrame(1, 'a', 1)]]);
    await classifier.release();
    const inside = await Classifier.open(await unwrittenBundle(source((onnx) => onnx)), nodeRuntime, {
      provider: 'cpu',
    });
    expect((await inside.predict([[tinyFrame(1, 'a', 1)]])).probabilities).toEqual(probabilities);
    await inside.release();
    const { manifest } = bundle;
    const external = { ...manifest.graph.external!, sha256: 'other' };
    const changed = { ...manifest, graph: { ...manifest.graph, external } };
    expect((await cacheKey(changed, 'cpu')).hash).not.toBe((await cacheKey(manifest, 'cpu')).hash);
  });

  it('go into the repositories that are made of a bundle', async () => {
    const bundle = await readBundle(join(folder, 'bundle'));
    const triton = await writeTritonRepository(join(folder, 'triton'), [bundle]);
    expect(triton).toContain(`outside/1/${externalFile}`);
    expect(await readFile(join(folder, 'triton/outside/1', externalFile))).toEqual(
      await readFile(join(folder, 'bundle', externalFile)),
    );
    const targets = [{ runtime: nodeRuntime, provider: 'cpu' as const }];
    const { verification } = await writeHuggingFaceRepository(join(folder, 'hf'), [bundle], targets);
    expect(verification[0].maxDifference).toBeLessThan(1e-5);
  });

  it('are refused where they are changed, missing or elsewhere', async () => {
    const target = join(folder, 'damaged');
    await cp(join(folder, 'bundle'), target, { recursive: true });
    const path = join(target, externalFile);
    const data = await readFile(path);
    await writeFile(path, data.subarray(0, -1));
    await expect(readBundle(target)).rejects.toThrow(`${externalFile} is not the file that was exported`);
    await rm(path);
    await expect(readBundle(target)).rejects.toThrow(`${externalFile} must be readable`);
    const model = await readModelFile(join(target, 'model.onnx'));
    expect(() => elements(model.graph)).toThrow('the model keeps its weights there');
    const manifest = JSON.parse(await readFile(join(target, 'bundle.json'), 'utf8'));
    manifest.graph.external.file = '../elsewhere';
    await writeFile(join(target, 'bundle.json'), JSON.stringify(manifest));
    await expect(readBundle(target)).rejects.toThrow('must be the name of a file in the bundle');
  });
});
