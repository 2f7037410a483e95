import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleName } from '../../jobs/source.ts';
import { matchPretrained } from '../../models/pretrained/match.ts';
import { namedWeights } from '../../models/train/model-weights.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { readWeightFile } from '../../src/node/weight-file.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { randomModel, writeRandomRun } from '../exporters/random-run.ts';
import { exported, published, saveModel } from './typed.ts';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

/** A model of two labels on 8×8 frames, or whatever `build` makes of the input. */
function classifier(build?: (x: ReturnType<typeof tf.input>) => unknown): LayersModel {
  const x = tf.input({ shape: [8, 8, 3], name: 'x' });
  const head = tf.layers.dense({ name: 'head', units: 2, activation: 'sigmoid' });
  const y = build?.(x) ?? head.apply(tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x));
  const model = tf.model({ inputs: x, outputs: y as never, name: 'classifier' });
  seedWeights(model, 'cli');
  return model;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
  await writeRandomRun(at('run'), 'pcd-sig-resnet-tiny');
  await writeFile(at('names.txt'), 'cat\ndog\n');
  await writeFile(at('names.onnx'), '');
  await saveModel(at('model'), classifier());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('actionnx export', () => {
  it("exports a run's best epoch, and prints the checks and where the bundle is", async () => {
    const printed = await exported(at('run'), '--out', at('bundle'));
    expect(printed).toMatch(/onnxruntime-node \S+ +cpu +probabilities +3 +[\d.]+ to [\d.]+ +\d\.\de-\d/);
    expect(printed).toMatch(/onnxruntime-web \S+ +wasm +probabilities +3 +[\d.]+ to [\d.]+ +\d\.\de-\d/);
    expect(printed).toContain(`${at('bundle')}: pcd-sig-resnet-tiny, 43 labels`);
    const { manifest } = await readBundle(at('bundle'));
    expect(manifest).toMatchObject({
      name: 'pcd-sig-resnet-tiny',
      labels: { names: a2dLabels.names, codes: a2dLabels.codes },
      inputs: [{ name: 'frames', kind: 'frame', options: { height: 64, width: 64 } }],
      task: { kind: 'multi-label', threshold: 0.5 },
      scores: [
        {
          ...{ dataset: 'synthetic', split: 'val', samples: 10 },
          metrics: { 'precision/samples': 0.5, 'recall/samples': 0.25, 'f1/samples': 0.3 },
        },
      ],
      provenance: { system: 'pcd-sig-resnet', checkpoint: 'best', epoch: 3, seed: 7 },
    });
    expect(await readFile(at('bundle', 'README.md'), 'utf8')).toContain('epoch 3 of');
  });

  it('exports a run of two inputs and of one label a sample', async () => {
    const names = ['handShake', 'highFive', 'hug', 'kiss'];
    const space = { name: 'steps', task: 'single-label', names, codes: [] } as const;
    await writeRandomRun(at('streams'), 'tv-hi-two-stream-tiny', space);
    const printed = await exported(at('streams'), '--out', at('fused'));
    for (const runtime of ['onnxruntime-node', 'onnxruntime-web']) expect(printed).toContain(runtime);
    const bundle = await readBundle(at('fused'));
    expect(bundle.manifest).toMatchObject({
      task: { kind: 'single-label' },
      labels: { names },
      inputs: [
        { name: 'frame', kind: 'frame', options: { height: 64, width: 64, mean: [0, 0, 0] } },
        { name: 'flow', kind: 'flow', options: { height: 64, width: 64, frames: 8, at: 'video' } },
      ],
      outputs: [{ name: 'probabilities', role: 'scores', shape: ['N', 4] }],
      scores: [{ split: 'val', metrics: { 'accuracy/top-1': 0.3 } }],
    });
    expect(Object.keys(await readGolden(at('fused'), bundle.manifest)).sort()).toEqual(
      ['flow', 'frame', 'probabilities'].sort(),
    );
    const classifier = await Classifier.open(bundle, nodeRuntime, { provider: 'cpu' });
    const numbers = classifier.plan.needs({ key: 5, frameCount: 12 });
    expect(numbers).toEqual([5, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8, 8, 9, 9, 10, 11, 12]);
    const frames = numbers.map((number) => ({
      ...{ width: 40, height: 30 },
      data: Uint8Array.from({ length: 3600 }, (_, i) => (i * 7 + number * 90) % 256),
    }));
    const { probabilities } = await classifier.predict([frames]);
    await classifier.release();
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    expect(await readFile(at('fused', 'README.md'), 'utf8')).toContain(
      '- `flow`: float32 [N, 8, 64, 64, 2]: 8 flows of 64×64, equally spaced over the video; as they are',
    );
    await expect(exported(at('streams'), '--out', at('no'), '--threshold', '0.4')).rejects.toThrow(
      '--threshold is for labels of which several may hold; received 0.4 for a model of one label a sample',
    );
  });

  it('exports a tfjs model with a label file and its own normalisation, as JSON', async () => {
    const flags = ['--labels', at('names.txt'), '--mean', '0,0,0', '--std', '1,1,1', '--name', 'pets'];
    const printed = JSON.parse(
      await exported(at('model', 'model.json'), '--out', at('pets'), ...flags, '--json'),
    );
    expect(printed.bundle).toBe(at('pets'));
    expect(printed.verification).toHaveLength(2);
    expect(printed.manifest).toMatchObject({
      ...{ name: 'pets', scores: [], inputs: [{ options: { mean: [0, 0, 0] } }] },
    });
    expect((await readBundle(at('pets'))).manifest.labels.names).toEqual(['cat', 'dog']);
  });

  it("writes a run's weights as safetensors that fit the system again", async () => {
    await published(at('run'), '--to', 'safetensors', '--out', at('run.safetensors'));
    const model = randomModel('pcd-sig-resnet-tiny', 'other');
    const weights = namedWeights(model).map(({ name, variable }) => ({ name, shape: variable.shape }));
    const match = matchPretrained(weights as never, await readWeightFile(at('run.safetensors')));
    expect(match).toMatchObject({ names: 'actionnx', unmatched: [] });
    expect(match.matched).toHaveLength(weights.length);
  });

  it('takes the folder of a model.json too, and names the bundle after --out', async () => {
    await exported(at('model'), '--out', at('named'), '--labels', at('names.txt'));
    expect((await readBundle(at('named'))).manifest.name).toBe('named');
    expect(await readFile(at('named', 'README.md'), 'utf8')).toMatch(/^# named\n.*actionnx predict named /s);
  });

  it.each<[Parameters<typeof bundleName>, string]>([
    [[{}, 'saved/model.json'], 'saved'],
    [[{ out: 'bundles/pets' }, 'saved/model.json'], 'pets'],
    [[{ out: 'bundles/pets/' }, 'saved/model.json'], 'pets'],
    [[{ out: 'bundles/pets', name: 'cats' }, 'saved/model.json'], 'cats'],
  ])('calls a bundle of %j "%s"', (options, name) => {
    expect(bundleName(...options)).toBe(name);
  });

  it('says what is wrong with a label file of 44', async () => {
    await writeFile(at('44.txt'), Array.from({ length: 44 }, (_, i) => `label ${i}`).join('\n'));
    await expect(exported(at('model'), '--out', at('x'), '--labels', at('44.txt'))).rejects.toThrow(
      /must have 2 lines, .*gives "head" \[N, 2\]; received 44 lines in .*44\.txt/,
    );
  });

  it.each<[string, string[], RegExp]>([
    ['a source that is not there', ['nowhere'], /no such run folder or model\.json; received .*nowhere/],
    ['a folder without a run', ['.'], /holds no training run/],
    ['a checkpoint that is not there', ['run', '--checkpoint', 'last'], /no last checkpoint yet/],
    [
      'labels for a run',
      ['run', '--labels', 'names.txt'],
      /--labels is for tfjs models; received .*run, a folder of a run/,
    ],
    ['a tfjs model without labels', ['model'], /needs --labels.*needs none: actionnx convert .*model\.json$/],
    [
      'a checkpoint of a tfjs model',
      ['model', '--labels', 'names.txt', '--checkpoint', 'best'],
      /--checkpoint is for runs; received .*, a tfjs model; leave it out/,
    ],
    [
      'a step between single frames',
      ['model', '--labels', 'names.txt', '--speed', '2'],
      /--speed is the step between a clip's frames; received a model of single frames; leave it out/,
    ],
    ['an .onnx file', ['names.onnx'], /a tfjs model is its model\.json; received .*, which is ONNX already/],
    [
      'a kind of calibration without int8',
      ['run', '--precision', 'fp16', '--calibration', 'entropy'],
      /--calibration is for --precision int8; received --precision fp16/,
    ],
    [
      'a loss that is not measured',
      ['run', '--precision', 'fp16', '--max-f1-loss', '0.1'],
      /--max-f1-loss needs --calibrate: a data set to be measured on/,
    ],
    ['a threshold of 1', ['run', '--threshold', '1'], /--threshold must lie between 0 and 1/],
    ['two means', ['model', '--labels', 'names.txt', '--mean', '0,1'], /--mean must be three numbers/],
    [
      'a std of zero',
      ['model', '--labels', 'names.txt', '--std', '1,0,1'],
      /--std must be three numbers in 0–1.*none of them 0/,
    ],
  ])('refuses %s', async (_, [source, ...flags], message) => {
    const resolved = flags.map((flag) => (flag.endsWith('.txt') ? at(flag) : flag));
    await expect(exported(at(source), '--out', at('x'), ...resolved)).rejects.toThrow(message);
    expect(await readdir(folder)).not.toContain('x');
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'logits',
      () =>
        saveModel(
          at('bad'),
          classifier((x) =>
            tf.layers
              .dense({ units: 2, kernelInitializer: 'ones' })
              .apply(tf.layers.flatten().apply(x) as never),
          ),
        ),
      /must lie in 0–1; received/,
    ],
    [
      'a map of features',
      () =>
        saveModel(
          at('bad'),
          classifier((x) => tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(x)),
        ),
      /gives \[N, labels\].*received "conv2d_\w+" \[N, 8, 8, 2\]/,
    ],
    [
      'several scores',
      () =>
        saveModel(
          at('bad'),
          classifier((x) => {
            const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' } as never).apply(x);
            const scores = (name: string, units: number) =>
              tf.layers.dense({ name, units, activation: 'sigmoid' }).apply(pooled as never);
            return [scores('actor', 3), scores('action', 4)];
          }),
        ),
      /received "actor" \[N, 3\], "action" \[N, 4\]; save a model that gives the scores alone; a plain \.onnx file, which `actionnx convert` makes, has all outputs$/,
    ],
    [
      'JSON that is cut',
      async () => {
        await saveModel(at('bad'), classifier());
        await truncate(at('bad', 'model.json'), 90);
      },
      /model\.json is no model\.json of TensorFlow\.js/,
    ],
    [
      'JSON of something else',
      async () => {
        await writeFile(at('bad', 'model.json'), '{"name": "x"}');
      },
      /must be a TensorFlow\.js LayersModel; received JSON without/,
    ],
    [
      'a GraphModel without a graph',
      async () => {
        await writeFile(at('bad', 'model.json'), '{"format": "graph-model"}');
      },
      /must be a TensorFlow\.js GraphModel; received JSON without a graph of nodes/,
    ],
    [
      'weights that are cut',
      async () => {
        await saveModel(at('bad'), classifier());
        await truncate(at('bad', 'group1-shard2of2.bin'), 4);
      },
      /must have 32 bytes; received 14/,
    ],
    [
      'weights that are not there',
      async () => {
        await saveModel(at('bad'), classifier());
        await rm(at('bad', 'group1-shard2of2.bin'));
      },
      /group1-shard2of2\.bin must be readable; received ENOENT/,
    ],
    [
      'weights elsewhere',
      async () => {
        await writeFile(
          at('bad', 'model.json'),
          JSON.stringify({
            modelTopology: { model_config: {} },
            weightsManifest: [{ paths: ['../names.txt'], weights: [] }],
          }),
        );
      },
      /must name weight files in its own folder; received "\.\.\/names\.txt"/,
    ],
  ])('refuses a tfjs model of %s', async (_, make, message) => {
    await mkdir(at('bad'), { recursive: true });
    await make();
    await expect(exported(at('bad'), '--out', at('x'), '--labels', at('names.txt'))).rejects.toThrow(message);
    expect(await readdir(folder)).not.toContain('x');
  });
});
