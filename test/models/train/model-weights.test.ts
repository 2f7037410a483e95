import '@tensorflow/tfjs-backend-cpu';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { seedWeights } from '../../../bench/compare.ts';
import { BatchNorm } from '../../../models/layers/batch-norm.ts';
import { defineSystem, type System } from '../../../models/system.ts';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { settleAverages } from '../../../models/train/frozen-layers.ts';
import { logLoss } from '../../../models/train/losses/log.ts';
import { namedWeights, readWeights } from '../../../models/train/model-weights.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { stage } from '../../../models/train/stage.ts';
import { Trainer } from '../../../models/train/trainer.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/core/safetensors.ts';
import { frame } from '../../../src/inputs/frame.ts';
import { square } from '../../../src/inputs/rgb.ts';

const L = tf.layers;
beforeAll(() => tf.setBackend('cpu'));

/** Every kind of layer that holds others: two models, the second in the first, steps, directions, stacked cells. */
function nested(): LayersModel {
  const frames = tf.input({ shape: [4, 6], name: 'frames' });
  const step = tf.sequential({ name: 'step' });
  step.add(L.dense({ units: 5, inputShape: [6], name: 'd' }));
  step.add(L.dense({ units: 6, name: 'e', activation: 'tanh' }));
  const inside = tf.input({ shape: [4, 6] });
  const steps = L.timeDistributed({ name: 'each', layer: step as never }).apply(inside);
  const both = L.bidirectional({
    name: 'both',
    layer: L.lstm({ units: 3, returnSequences: true }) as never,
    mergeMode: 'concat',
  }).apply(steps);
  const encoder = tf.model({ inputs: inside, outputs: both as SymbolicTensor, name: 'encoder' });
  const cells = [L.lstmCell({ units: 3 }), L.simpleRNNCell({ units: 4 })] as never;
  const read = L.rnn({ name: 'stacked', cell: cells }).apply(encoder.apply(frames) as never);
  const last = L.dense({ units: 2, name: 'd', activation: 'sigmoid' }).apply(read as never);
  return tf.model({ inputs: frames, outputs: last as SymbolicTensor, name: 'outer' });
}

describe('the names of weights', () => {
  it('are paths through the model, and as many as it has weights', () => {
    const model = nested();
    const named = namedWeights(model);
    expect(named.map(({ name }) => name)).toEqual([
      ...['encoder/each/step/d/kernel', 'encoder/each/step/d/bias'],
      ...['encoder/each/step/e/kernel', 'encoder/each/step/e/bias'],
      ...[
        'encoder/both/forward/kernel',
        'encoder/both/forward/recurrent_kernel',
        'encoder/both/forward/bias',
      ],
      ...[
        'encoder/both/backward/kernel',
        'encoder/both/backward/recurrent_kernel',
        'encoder/both/backward/bias',
      ],
      ...['stacked/0/kernel', 'stacked/0/recurrent_kernel', 'stacked/0/bias'],
      ...['stacked/1/kernel', 'stacked/1/recurrent_kernel', 'stacked/1/bias'],
      ...['d/kernel', 'd/bias'],
    ]);
    const elements = named.reduce((sum, { variable }) => sum + variable.size, 0);
    expect(elements).toBe(model.countParams());
    expect(named.every(({ trainable }) => trainable)).toBe(true);
  });

  it('are those of its first place where a layer has several', () => {
    const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
    const shared = L.dense({ units: 3, name: 'shared' });
    const one = tf.model({ inputs: a, outputs: shared.apply(a) as SymbolicTensor, name: 'one' });
    const other = tf.model({ inputs: b, outputs: shared.apply(b) as SymbolicTensor, name: 'other' });
    const x = tf.input({ shape: [3] });
    const model = tf.model({ inputs: x, outputs: other.apply(one.apply(x)) as SymbolicTensor });
    expect(namedWeights(model).map(({ name }) => name)).toEqual(['one/shared/kernel', 'one/shared/bias']);
  });

  it("tell apart the weights of a layer that holds others in tfjs's own way", () => {
    class Pair extends tf.layers.Layer {
      static readonly className = 'PairOfDense';
      readonly #inner = [L.dense({ units: 3, name: 'left' }), L.dense({ units: 3, name: 'right' })];
      override build(shape: number[]) {
        for (const layer of this.#inner) layer.apply(tf.zeros([1, shape[1]]));
        this.trainableWeights = this.#inner.flatMap((layer) => layer.trainableWeights);
        super.build(shape);
      }
      override call(inputs: unknown) {
        const [left, right] = this.#inner.map((layer) => layer.apply([inputs].flat()[0] as never));
        return tf.add(left as never, right as never);
      }
      override computeOutputShape = () => [null, 3] as never;
    }
    const model = tf.sequential();
    model.add(L.inputLayer({ inputShape: [3] }));
    model.add(new Pair({ name: 'pair' }));
    const names = namedWeights(model).map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
    expect(names.filter((name) => /^pair\/left\w*\/kernel$/.test(name))).toHaveLength(1);
    expect(names.filter((name) => /^pair\/right\w*\/bias$/.test(name))).toHaveLength(1);
  });

  it('may not be alike', () => {
    const x = tf.input({ shape: [3] });
    const inside = tf.sequential({ name: 'a' });
    inside.add(L.dense({ units: 3, inputShape: [3], name: 'b' }));
    const y = L.dense({ units: 3, name: 'a/b' }).apply(inside.apply(x) as never);
    const model = tf.model({ inputs: x, outputs: y as SymbolicTensor, name: 'twice' });
    const message = 'every weight of twice must have a name of its own; received "a/b/kernel" twice';
    expect(() => namedWeights(model)).toThrow(message);
    expect(() => readWeights(model)).toThrow(message);
  });
});

const atBase = (base: number) => base;

/** A trainer of a model that takes frames of 6 pixels, by one of its outputs. */
function trainerOf(build: () => LayersModel, output: string) {
  const recipe = [
    stage({
      ...{ name: 'test', epochs: 1, batch: 2, rate: 0.1 },
      loss: logLoss({ reduction: 'mean', output }),
      optimizer: sgd({ momentum: 0.9, weightDecay: 0.01 }),
    }),
  ];
  const system = defineSystem({
    ...{ name: 'test', id: '–', title: 'test', config: z.strictObject({}), presets: {}, recipe },
    reported: { precision: null, recall: null, f1: null },
    inputs: () => ({ frame: frame(square(4)) }),
    build,
  });
  return new Trainer({ system: system as unknown as System, config: {}, recipe, seed: 1 });
}

const batch = {
  samples: 2,
  inputs: { frame: { shape: [4, 4, 3], data: Float32Array.from({ length: 2 * 48 }, (_, i) => Math.sin(i)) } },
  truth: Float32Array.of(1, 0, 0, 1),
};

/** Frames [4, 4, 3] as sequences for the model above. */
function framed(): LayersModel {
  const picture = tf.input({ shape: [4, 4, 3], name: 'frame' });
  const steps = L.reshape({ targetShape: [4, 12] }).apply(picture);
  const narrow = L.timeDistributed({ name: 'narrow', layer: L.dense({ units: 6, name: 'd' }) }).apply(steps);
  const model = tf.model({ inputs: picture, outputs: nested().apply(narrow as never) as SymbolicTensor });
  seedWeights(model, 'framed');
  return model;
}

describe('training', () => {
  it('reaches every weight of layers inside layers, whose checkpoint restores them bit for bit', () => {
    const trainer = trainerOf(framed, 'outer');
    const before = trainer.state().weights;
    trainer.step(batch, atBase);
    const { weights, slots, average } = trainer.state();
    expect(Object.keys(slots.velocity)).toEqual(Object.keys(weights));
    for (const [name, { data }] of Object.entries(weights)) {
      expect(data, name).not.toEqual(before[name].data);
      expect(
        slots.velocity[name].data.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
    const stored = decodeSafetensors(encodeSafetensors(weights), 'a checkpoint').tensors;
    const other = trainerOf(framed, 'outer');
    other.restore({ weights: stored, slots, average }, 'a checkpoint');
    expect(other.state()).toEqual({ weights, slots, average });
    expect(other.predict(batch)).toEqual(trainer.predict(batch));
    trainer.step(batch, atBase);
    other.step(batch, atBase);
    expect(other.state()).toEqual(trainer.state());
    trainer.dispose();
    other.dispose();
  });
});

/** Two batch norms, one in a model inside, with a convolution before each, and a branch that leads nowhere. */
function normalized(kind: 'ours' | "tfjs's"): LayersModel {
  const normalize = (name: string) =>
    (kind === 'ours' ? new BatchNorm({ name }) : L.batchNormalization({ name })) as unknown as ReturnType<
      typeof L.dense
    >;
  const inside = tf.input({ shape: [4, 4, 3] });
  let y = L.conv2d({ filters: 2, kernelSize: 3, name: 'conv' }).apply(inside);
  y = normalize('bn').apply(y);
  const cnn = tf.model({ inputs: inside, outputs: y as SymbolicTensor, name: 'cnn' });
  const picture = tf.input({ shape: [4, 4, 3], name: 'frame' });
  const features = normalize('after').apply(cnn.apply(picture) as never);
  const flat = L.flatten().apply(features) as SymbolicTensor;
  const outputs = [2, 3].map(
    (units, i) => L.dense({ units, name: `head${i}`, activation: 'sigmoid' }).apply(flat) as SymbolicTensor,
  );
  const model = tf.model({ inputs: picture, outputs });
  seedWeights(model, 'normalized');
  return model;
}

describe.each(['cpu', 'wasm'] as const)('frozen layers on %s', (backend) => {
  beforeAll(async () => {
    await selectBackend(backend);
  });

  it.each(['ours', "tfjs's"] as const)('keep their averages, where the batch norms are %s', (kind) => {
    const trainer = trainerOf(() => normalized(kind), 'head0');
    trainer.start((model) => {
      model.getLayer('cnn').trainable = false;
    });
    const { weights: before } = trainer.state();
    trainer.step(batch, atBase);
    const { weights: after } = trainer.state();
    const changed = Object.keys(after).filter((name) => after[name].data.join() !== before[name].data.join());
    // The second head has no part in the loss, so it has no gradient and does not decay either.
    expect(changed).toEqual([
      ...['after/gamma', 'after/beta', 'after/moving_mean', 'after/moving_variance'],
      ...['head0/kernel', 'head0/bias'],
    ]);
    trainer.dispose();
  });

  it.each(['ours', "tfjs's"] as const)('pass gradients on by their averages: %s', (kind) => {
    const model = normalized(kind);
    settleAverages(model, (path) => path === 'after');
    (model.getLayer('cnn') as unknown as LayersModel).getLayer('bn').trainable = false;
    settleAverages(model, (path) => path === 'after');
    const frames = tf.tensor4d(batch.inputs.frame.data, [2, 4, 4, 3]);
    const answer = (training: boolean) => {
      const [first] = model.apply(frames, { training }) as Tensor[];
      return first;
    };
    const before = readWeights(model);
    expect(answer(true).dataSync()).toEqual(answer(false).dataSync());
    expect(readWeights(model)).toEqual(before);

    const variables = new Map(namedWeights(model).map(({ name, variable }) => [name, variable]));
    const sought = ['cnn/conv/kernel', 'cnn/conv/bias', 'after/gamma', 'after/beta'];
    const loss = () => tf.sum(tf.square(answer(true))) as Scalar;
    const { grads } = tf.variableGrads(
      loss,
      sought.map((name) => variables.get(name)!),
    );
    for (const name of sought) {
      const variable = variables.get(name)!;
      const gradient = grads[variable.name].dataSync()[0];
      const values = Float32Array.from(variable.dataSync());
      const at = (step: number) => {
        const moved = values.slice();
        moved[0] += step;
        variable.assign(tf.tensor(moved, variable.shape));
        return loss().dataSync()[0];
      };
      const slope = (at(1e-2) - at(-1e-2)) / 2e-2;
      at(0);
      expect(gradient, name).not.toBe(0);
      expect(Math.abs(gradient - slope), name).toBeLessThan(2e-2 * Math.abs(slope) + 2e-4);
    }
  });
});

it('what is all frozen cannot be trained', () => {
  const trainer = trainerOf(() => normalized('ours'), 'head0');
  trainer.start((model) => {
    for (const layer of model.layers) layer.trainable = false;
  });
  expect(() => trainer.step(batch, atBase)).toThrow('must have a weight to train');
});
