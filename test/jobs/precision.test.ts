import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { inPrecision } from '../../jobs/precision.ts';
import { tfjsReference } from '../../models/reference.ts';
import { framesInput } from '../../src/bundle/frames-input.ts';
import type { Bundle } from '../../src/bundle/manifest.ts';
import { a2dLabels } from '../../src/core/labels.ts';
import { readBundle, readGolden } from '../../src/node/bundle-folder.ts';
import { serializeModel } from '../../src/onnx/serialize.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { frames } from '../bundle-parts.ts';
import { writeSmallRelease } from '../datasets/small-release.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { writeRandomRun } from '../exporters/random-run.ts';
import { exported, grafted, saveModel } from './typed.ts';

const L = tf.layers;

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precision-'));
  await writeSmallRelease(at('data'), 'challenge');
  for (const preset of ['pcd-resnet-tiny', 'pcd-r2plus1d-tiny']) await writeRandomRun(at(preset), preset);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The command, as typed; returns what it prints on stdout. */
const run = (...args: string[]) =>
  exported(...args, ...(args.includes('--calibrate') ? ['--cache', at('cache')] : []));

describe('actionnx export --precision', () => {
  it('int8: calibrates on one split, measures on another, and records both', async () => {
    const data = ['--calibrate', at('data'), '--calibration-samples', '2', '--max-f1-loss', '1'];
    const printed = await run(at('pcd-r2plus1d-tiny'), '--out', at('int8'), '--precision', 'int8', ...data);
    expect(printed).toMatch(/F1 on \d samples of val +\d/);
    expect(printed).toMatch(/Convolutions in 8 bits, min-max over 2 of train +1[0-9] of 16/);
    const bundle = await readBundle(at('int8'));
    const { graph, golden } = bundle.manifest;
    expect(graph).toMatchObject({ precision: 'int8', target: 'portable' });
    expect(graph.cost?.bytesRatio).toBeGreaterThan(2);
    expect(graph.cost?.calibration).toMatchObject({ split: 'train', samples: 2, method: 'min-max' });
    expect(graph.cost?.f1).toMatchObject({ split: 'val' });
    expect(golden.tolerance).toBeGreaterThan(1e-3);
    // The golden values are what this graph gives, so that a client can tell a wrong runtime from a coarse graph.
    const values = await readGolden(at('int8'), bundle.manifest);
    const session = await nodeRuntime.open(bundle.graph, { provider: 'cpu' });
    const { probabilities } = await session.run({ frames: values.frames });
    expect([...probabilities.data]).toEqual([...values.probabilities.data]);
  });

  it('int8: for target wasm too, in its one form, which it records', async () => {
    const wasm = ['--target', 'wasm', '--out', at('wasm')];
    const data = ['--precision', 'int8', '--calibrate', at('data'), '--calibration-samples', '2'];
    const printed = await run(at('pcd-resnet-tiny'), ...wasm, ...data, '--max-f1-loss', '1');
    expect(printed).toMatch(/Convolutions in 8 bits, min-max over 2 of train +12 of 12/);
    expect((await readBundle(at('wasm'))).manifest.graph).toMatchObject({
      precision: 'int8',
      target: 'portable',
    });
  });

  it.each([
    ['fp16', 1.85, 3e-3],
    ['int8-weights', 3.2, 5e-2],
  ] as const)('%s: needs no data', async (precision, ratio, difference) => {
    await run(at('pcd-resnet-tiny'), '--out', at(precision), '--precision', precision);
    const { cost } = (await readBundle(at(precision))).manifest.graph;
    expect(cost?.bytesRatio).toBeGreaterThan(ratio);
    expect(cost?.maxDifference).toBeLessThan(difference);
    expect([cost?.f1, cost?.calibration]).toEqual([null, null]);
  });

  it('int8: of a backbone of newer operators with a head', async () => {
    const backbone = tf.sequential({
      layers: [
        L.conv2d({ filters: 6, kernelSize: 3, activation: 'relu', inputShape: [16, 16, 3] }),
        L.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
        L.globalAveragePooling2d({ name: 'features' } as never),
      ],
    });
    seedWeights(backbone, 'backbone');
    const { model, outputs } = exportOnnx(backbone);
    const opset19 = serializeModel({ ...model, irVersion: 9, opsets: new Map([['', 19]]) }).whole();
    await writeFile(at('backbone.onnx'), opset19);
    const head = tf.sequential({ layers: [L.dense({ units: 43, activation: 'sigmoid', inputShape: [8] })] });
    seedWeights(head, 'head');
    await saveModel(at('head'), head);
    await writeFile(at('labels.txt'), a2dLabels.names.join('\n'));
    const graft = [at('backbone.onnx'), '--at', outputs[0].name, '--head', at('head')];
    const data = ['--calibrate', at('data'), '--calibration-samples', '2', '--max-f1-loss', '1'];
    const flags = [...graft, '--labels', at('labels.txt'), '--precision', 'int8', ...data];
    await grafted(...flags, '--out', at('grafted'), '--cache', at('cache'));
    const { name, graph } = (await readBundle(at('grafted'))).manifest;
    expect(name).toBe('grafted');
    expect(graph).toMatchObject({ precision: 'int8', opset: 19, cost: { calibration: { layers: 2 } } });
    expect(graph.cost?.meanDifference).toBeLessThan(0.1);
  });

  it('refuses flags that do not go together', async () => {
    const refuse = (...flags: string[]) => run(at('pcd-resnet-tiny'), '--out', at('none'), ...flags);
    await expect(refuse('--precision', 'int8')).rejects.toThrow(/needs --calibrate/);
    await expect(refuse('--calibrate', at('data'))).rejects.toThrow(/for precisions below fp32/);
    const data = ['--precision', 'int8', '--calibrate', at('data')];
    await expect(refuse(...data, '--measure-split', 'train')).rejects.toThrow(/measured on another split/);
    await expect(refuse(...data, '--calibration-samples', '0')).rejects.toThrow(/positive whole number/);
    await expect(refuse(...data, '--max-f1-loss', '2')).rejects.toThrow(/must lie in 0–1/);
    await expect(stat(at('none'))).rejects.toThrow();
  });

  it('refuses a precision that changes the outputs too much', async () => {
    const plain = { mean: [0, 0, 0], std: [1, 1, 1] } satisfies Record<string, [number, number, number]>;
    const x = tf.input({ shape: [8, 8, 3], name: 'x' });
    const features = tf.layers.flatten().apply(x);
    const head = tf.layers.dense({ units: a2dLabels.names.length, activation: 'sigmoid', useBias: false });
    const model = tf.model({ inputs: x, outputs: head.apply(features) as never });
    // One large weight a label leaves eight bits nothing for the others, which decide.
    const weights = Array.from({ length: 192 }, (_, i) =>
      Array(a2dLabels.names.length).fill(i === 0 ? -2.8 : 0.0105),
    );
    head.setWeights([tf.tensor2d(weights)]);
    const onnx = exportOnnx(model, { frames: plain, outputs: ['probabilities'] });
    const source = {
      ...{ onnx, name: 'sharp', labels: a2dLabels, scores: [], provenance: {} },
      inputs: frames({ height: 8, width: 8, ...plain }),
      card: { title: '', summary: '', training: [] },
      reference: tfjsReference(model, ['probabilities'], plain),
    };
    await expect(inPrecision(source, { precision: 'int8-weights' }, {})).rejects.toThrow(
      /outputs in int8-weights must be within 0\.1 of tfjs's; received a difference of 0\.\d+; no bundle was written/,
    );
  });
});

describe('actionnx export --target cpu', () => {
  it('gives a bundle that runs in the blocks of this machine, as the portable one does', async () => {
    await run(at('pcd-r2plus1d-tiny'), '--out', at('cpu'), '--target', 'cpu');
    await run(at('pcd-r2plus1d-tiny'), '--out', at('portable'));
    const [cpu, portable] = await Promise.all([readBundle(at('cpu')), readBundle(at('portable'))]);
    expect([cpu.manifest.graph.target, portable.manifest.graph.target]).toEqual(['cpu', 'portable']);
    const { kind, width, height, frames } = framesInput(cpu.manifest)!;
    expect(kind).toBe('clip');
    const clip = Array.from({ length: frames }, (_, t) => ({
      ...{ width, height },
      data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (t + 3)) % 251),
    }));
    const notices: string[] = [];
    const options = { provider: 'cpu', onNotice: (notice: string) => notices.push(notice) } as const;
    const answer = async (bundle: Bundle, more = {}) => {
      const classifier = await Classifier.open(bundle, nodeRuntime, { ...options, ...more });
      const { probabilities } = await classifier.predict([clip]);
      await classifier.release();
      return [...probabilities];
    };
    const answers = [await answer(cpu), await answer(portable)];
    expect(notices).toEqual([]);
    // Blocks add up in another order, which the last bits show.
    expect(answers[0]).not.toEqual(await answer(cpu, { blockClips: false }));
    expect(Math.max(...answers[0].map((p, i) => Math.abs(p - answers[1][i])))).toBeLessThan(1e-5);
  });
});
