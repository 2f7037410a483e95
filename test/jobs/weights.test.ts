import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/core/safetensors.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { converted, published, saveModel } from './typed.ts';

const L = tf.layers;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-weights-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Layers inside layers, of which two have the same weights, as fresh biases do. */
function nested(): LayersModel {
  const x = tf.input({ shape: [4, 6], name: 'x' });
  const steps = L.timeDistributed({ layer: L.dense({ units: 5, name: 'a' }), name: 'steps' }).apply(x);
  const both = L.bidirectional({
    layer: L.gru({ units: 3, returnSequences: true, resetAfter: false } as never) as never,
    mergeMode: 'concat',
    name: 'both',
  });
  const cells = [L.lstmCell({ units: 3 }), L.lstmCell({ units: 2 })] as never;
  const read = L.rnn({ cell: cells, name: 'stacked' }).apply(both.apply(steps as never) as never);
  const inside = tf.sequential({ name: 'head' });
  inside.add(L.dense({ units: 4, inputShape: [2], name: 'b' }));
  inside.add(L.dense({ units: 3, name: 'c' }));
  const model = tf.model({
    inputs: x,
    outputs: inside.apply(read as never) as SymbolicTensor,
    name: 'nested',
  });
  seedWeights(model, 'weights');
  for (const weight of model.weights) {
    if (weight.originalName.endsWith('/bias')) weight.write(tf.zeros(weight.shape as number[]));
  }
  return model;
}

describe('weights of layers inside layers', () => {
  it('are all in a safetensors file, and counted in a graph before any are merged', async () => {
    const model = nested();
    const count = model.countParams();
    const path = await saveModel(join(folder, 'nested'), model);
    const out = join(folder, 'nested.safetensors');
    expect(await published(path, '--to', 'safetensors', '--out', out)).toBe(
      `${out}: 18 tensors, ${count} parameters`,
    );
    const { tensors } = decodeSafetensors(await readFile(out), out);
    expect(Object.keys(tensors)).toContain('both/backward/recurrent_kernel');
    expect(Object.keys(tensors)).toContain('stacked/1/kernel');
    const stored = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
    expect(stored).toBe(count);
    for (const precision of ['fp32', 'int8-weights']) {
      const graph = join(folder, `${precision}.onnx`);
      const printed = await converted(path, '--out', graph, '--json', '--precision', precision);
      expect(JSON.parse(printed).parameters).toBe(count);
    }
  });
});

describe('weights that are no numbers', () => {
  it('are called that, whatever is made of them', async () => {
    const model = tf.sequential({ name: 'diverged' });
    model.add(L.dense({ units: 2, inputShape: [3], name: 'd' }));
    model.layers[0].setWeights([
      tf.tensor2d([1, Number.NaN, 3, 4, Number.NaN, 6], [3, 2]),
      tf.tensor1d([0, 0]),
    ]);
    const path = await saveModel(join(folder, 'diverged'), model);
    const out = ['--out', join(folder, 'none')];
    for (const make of [
      () => converted(path, ...out),
      () => published(path, '--to', 'safetensors', ...out),
    ]) {
      await expect(make()).rejects.toThrow(
        /must hold finite weights; received NaN in "d\S*\/kernel": 2 of its 6 values/,
      );
    }
  });
});
