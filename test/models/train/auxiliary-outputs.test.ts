import '@tensorflow/tfjs-backend-cpu';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';
import { tf } from '../../../models/tf.ts';
import { withoutOutputs } from '../../../models/train/auxiliary-outputs.ts';
import { namedWeights } from '../../../models/train/model-weights.ts';
import { seedWeights } from '../../exporters/onnx/parity.ts';

const L = tf.layers;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Probabilities, their logits, and a branch of its own with a model inside. */
function branched(): LayersModel {
  const x = tf.input({ shape: [3] });
  const features = L.dense({ units: 4, name: 'body' }).apply(x);
  const logits = L.dense({ units: 2, name: 'logits' }).apply(features);
  const probabilities = L.activation({ activation: 'sigmoid', name: 'probabilities' }).apply(logits);
  const y = tf.input({ shape: [4] });
  const inner = tf.model({
    inputs: y,
    outputs: L.dense({ units: 5, name: 'deep' }).apply(y) as SymbolicTensor,
    name: 'side',
  });
  const motion = L.dense({ units: 6, name: 'motion' }).apply(inner.apply(features as SymbolicTensor));
  const model = tf.model({
    inputs: x,
    outputs: [probabilities, logits, motion] as SymbolicTensor[],
    name: 'both',
  });
  return model;
}

const answer = (model: LayersModel) => {
  const [first] = [model.predict(tf.tensor2d([[1, -2, 0.5]]))].flat() as Tensor[];
  return [...first.dataSync()];
};

it('a model without its auxiliary outputs answers alike, and has no other weights than it needs for that', () => {
  const model = branched();
  seedWeights(model, 'both');
  const wanted = tf.tidy(() => answer(model));
  const trimmed = withoutOutputs(model, ['logits', 'motion']);
  expect(trimmed.outputNames).toEqual(['probabilities']);
  expect(trimmed.name).toBe('both');
  expect(tf.tidy(() => answer(trimmed))).toEqual(wanted);
  expect(namedWeights(trimmed).map(({ name }) => name)).toEqual([
    ...['body/kernel', 'body/bias', 'logits/kernel', 'logits/bias'],
  ]);
  trimmed.dispose();
});

it.each([[[]], [['motion']], [['logits', 'motion']], [['logits']]])(
  'gives all of its memory back: %j',
  (names) => {
    const before = tf.memory().numTensors;
    const model = branched();
    const trimmed = withoutOutputs(model, names);
    trimmed.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);
