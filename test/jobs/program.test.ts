import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  convertModel,
  exportBundle,
  exportOnnx,
  graftBundle,
  mergeBundles,
  publishHuggingFace,
  publishTriton,
  publishWeights,
  readBundle,
} from '../../index.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { writeRandomRun } from '../exporters/random-run.ts';
import { saveModel } from './typed.ts';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const print = vi.spyOn(console, 'log');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-program-'));
  for (const preset of ['pcd-resnet-tiny', 'pcd-sig-resnet-tiny']) {
    await writeRandomRun(at(preset), preset);
    await exportBundle(at(preset), { out: at(`${preset}-bundle`), backend: 'cpu' });
  }
});
afterAll(async () => {
  // Whatever was done above.
  expect(print).not.toHaveBeenCalled();
  await rm(folder, { recursive: true, force: true });
});

const bundles = () => [at('pcd-resnet-tiny-bundle'), at('pcd-sig-resnet-tiny-bundle')];
const runtimes = ['onnxruntime-node', 'onnxruntime-web'];

it('a run becomes a bundle', async () => {
  const notices: string[] = [];
  const options = { out: at('named'), name: 'mine', threshold: 0.4, backend: 'cpu' } as const;
  const onNotice = (notice: string) => notices.push(notice);
  const written = await exportBundle(at('pcd-resnet-tiny'), { ...options, onNotice });
  expect(written).toMatchObject({ bundle: at('named'), reference: 'tfjs (cpu)' });
  expect(written.verification.map(({ runtime }) => runtime)).toEqual(runtimes);
  expect((await readBundle(at('named'))).manifest).toEqual(written.manifest);
  expect(written.manifest).toMatchObject({
    ...{ name: 'mine', task: { threshold: 0.4 }, graph: { precision: 'fp32' } },
  });
  expect(notices).toEqual([]);
});

it('bundles become one, and repositories', async () => {
  const both = await mergeBundles(bundles(), { out: at('both') });
  expect(both.verification.map(({ runtime }) => runtime)).toEqual(runtimes);
  expect(both.manifest.provenance.ensemble).toHaveLength(2);
  const hub = await publishHuggingFace(bundles().slice(0, 1), { out: at('hf') });
  expect(hub.files).toContain('config.json');
  expect((await readdir(at('hf'))).sort()).toContain('config.json');
  const triton = await publishTriton(bundles(), { out: at('triton') });
  expect(triton.files).toContain(join('pcd-resnet-tiny', 'config.pbtxt'));
});

it('models become files, weights and grafts', async () => {
  const features = tf.layers.globalAveragePooling2d({ name: 'pool', inputShape: [8, 8, 3] } as never);
  const model = tf.sequential({
    name: 'colours',
    layers: [features, tf.layers.dense({ units: 2, activation: 'sigmoid' })],
  });
  seedWeights(model, 'program');
  const source = await saveModel(at('model'), model);
  const converted = await convertModel(source, { out: at('model.onnx'), backend: 'cpu' });
  expect(converted).toMatchObject({ file: at('model.onnx'), backend: 'cpu', onnx: { opset: 17 } });
  expect(converted.verification.map(({ runtime }) => runtime)).toEqual(runtimes);
  const weights = await publishWeights(source, { out: at('model.safetensors'), backend: 'cpu' });
  expect(weights).toEqual({ file: at('model.safetensors'), tensors: 2, parameters: 8 });

  const head = tf.sequential({
    layers: [tf.layers.dense({ units: 2, activation: 'sigmoid', inputShape: [3] })],
  });
  seedWeights(head, 'head');
  const labels = at('labels.txt');
  await writeFile(labels, 'warm\ncold\n');
  const pooled = exportOnnx(model, { passes: [] }).graph.nodes.findLast(({ name }) =>
    name.startsWith('pool'),
  );
  const grafted = await graftBundle(at('model.onnx'), {
    ...{ at: pooled?.outputs[0] ?? '', head: await saveModel(at('head'), head), labels },
    ...{ out: at('grafted'), backend: 'cpu' },
  });
  expect(grafted.manifest.labels.names).toEqual(['warm', 'cold']);
});
