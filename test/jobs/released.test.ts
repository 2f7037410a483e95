import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportOnnx } from '../../exporters/onnx/export.ts';
import { tfjsSpread } from '../../jobs/tfjs-spread.ts';
import { selectBackend } from '../../models/train/backend.ts';
import { tensor } from '../../src/core/tensor.ts';
import { validated } from '../bundle-parts.ts';
import { seedWeights, tf } from '../exporters/onnx/parity.ts';
import { tinyBundle, writeTinyBundle } from '../golden/tiny-bundle.ts';
import { leftBehind } from '../left-behind.ts';
import { converted, exported, grafted, merged, published, saveModel } from './typed.ts';

const L = tf.layers;
type Symbolic = ReturnType<typeof tf.input>;

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-export-released-'));
  await writeFile(at('labels.txt'), 'a\nb\nc\n');
  await writeFile(at('others.txt'), 'a\nb\n');
  await writeFile(at('wrong.safetensors'), 'none');
  const frame = tf.input({ shape: [8, 6, 3], name: 'frame' });
  const features = L.flatten().apply(
    L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }).apply(frame),
  ) as Symbolic;
  const dense = (activation: 'sigmoid' | 'linear', x: Symbolic) =>
    L.dense({ units: 3, activation }).apply(x) as Symbolic;
  const save = async (name: string, inputs: Symbolic | Symbolic[], outputs: Symbolic) => {
    const model = tf.model({ inputs, outputs, name });
    seedWeights(model, name);
    await saveModel(at(name), model);
    return model;
  };
  const scorer = await save('scorer', frame, dense('sigmoid', features));
  await save('logits', frame, dense('linear', features));
  const flat = tf.input({ shape: [96], name: 'features' });
  const head = await save('head', flat, dense('sigmoid', flat));
  const second = tf.input({ shape: [96], name: 'second' });
  const two = L.add().apply([flat, second]) as Symbolic;
  await save('two-inputs', [flat, second], dense('sigmoid', two));
  const onnx = exportOnnx(scorer, { passes: [] });
  await writeFile(at('backbone.onnx'), onnx.bytes());
  const cut = onnx.graph.nodes.findLast(({ name }) => name.startsWith('flatten'));
  await writeFile(at('cut.txt'), cut?.outputs[0] ?? '');
  graftFlags = [at('backbone.onnx'), '--at', cut?.outputs[0] ?? '', '--labels', at('labels.txt')];
  for (const model of [scorer, head]) model.dispose();
  for (const graph of ['tiny-frame', 'tiny-clip'] as const) {
    await writeTinyBundle(at(graph), await tinyBundle(graph, { scores: validated(0.5) }));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let graftFlags: string[];
const labelled = (model: string, ...flags: string[]) =>
  exported(at(model), '--labels', at('labels.txt'), '--out', at('bundle'), ...flags);
const graftedWith = (head: string) => grafted(...graftFlags, '--head', at(head), '--out', at('grafted'));

/** Sessions, files and tfjs's tensors that an export leaves. */
const left = (work: () => Promise<unknown>) =>
  leftBehind(work, {
    tensor: () => tf.memory().numTensors,
    'buffer of tensors': () => tf.memory().numDataBuffers,
  });

it.each<[string, () => Promise<unknown>]>([
  ['a plain file', () => converted(at('scorer'), '--out', at('scorer.onnx'))],
  [
    'a plain file that tfjs does not agree with',
    () =>
      expect(converted(at('scorer'), '--out', at('no.onnx'), '--tolerance', '1e-12')).rejects.toThrow(
        'must agree',
      ),
  ],
  [
    'a plain file whose inputs are none',
    () =>
      expect(
        converted(at('scorer'), '--out', at('no.onnx'), '--inputs', at('wrong.safetensors')),
      ).rejects.toThrow('wrong'),
  ],
  ['a bundle', () => labelled('scorer')],
  ['a bundle in fewer bits', () => labelled('scorer', '--precision', 'fp16')],
  [
    'a bundle of what gives no probabilities',
    () => expect(labelled('logits')).rejects.toThrow('must lie in 0–1'),
  ],
  [
    'a bundle of another number of labels',
    () =>
      expect(exported(at('scorer'), '--labels', at('others.txt'), '--out', at('no'))).rejects.toThrow(
        'label',
      ),
  ],
  ['a bundle of two inputs', () => expect(labelled('two-inputs')).rejects.toThrow('must take one input')],
  ['weights', () => published(at('scorer'), '--to', 'safetensors', '--out', at('scorer.safetensors'))],
  ['a backbone with a head', () => graftedWith('head')],
  [
    'a backbone with a head of two inputs',
    () => expect(graftedWith('two-inputs')).rejects.toThrow('must take one input'),
  ],
  [
    'a backbone with a head of other features',
    () => expect(graftedWith('scorer')).rejects.toThrow('a head for'),
  ],
  ['a merger', () => merged(at('tiny-frame'), at('tiny-clip'), '--out', at('both'))],
])('an export leaves nothing behind: %s', async (_, work) => {
  expect(await left(work)).toEqual({});
});

it("tfjs's spread is measured without leaving anything behind, whichever backend fails", async () => {
  await selectBackend('cpu');
  const expected = { y: tensor(Float32Array.of(2, 4), [2]) };
  const answer = async () => {
    const x = tf.tensor1d([1, 2]);
    const y = tf.mul(x, 2);
    try {
      return { y: tensor((await y.data()) as Float32Array, [2]) };
    } finally {
      tf.dispose([x, y]);
    }
  };
  const work = async () => {
    expect(await tfjsSpread(expected, answer, 'cpu')).toEqual({ y: 0 });
    expect(tf.getBackend()).toBe('cpu');
    let calls = 0;
    const once = async () => {
      if (calls++ === 0) throw new Error('no memory');
      return answer();
    };
    expect(await tfjsSpread(expected, once, 'cpu')).toEqual({ y: 0 });
    calls = 0;
    const first = async () => {
      if (calls++ === 1) throw new Error('no memory left');
      return answer();
    };
    // On the other backend, which is left all the same.
    await expect(tfjsSpread(expected, first, 'cpu')).rejects.toThrow('no memory left');
    expect(tf.getBackend()).toBe('cpu');
    await expect(tfjsSpread(expected, () => Promise.reject(new Error('no kernel')), 'cpu')).rejects.toThrow(
      'no kernel',
    );
    expect(tf.getBackend()).toBe('cpu');
  };
  expect(await left(work)).toEqual({});
});
