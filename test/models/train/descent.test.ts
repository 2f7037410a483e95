import { readFileSync } from 'node:fs';
import type { Scalar, Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { logLoss } from '../../../models/train/loss.ts';
import { Sgd } from '../../../models/train/optimizer.ts';
import { learningRateAt } from '../../../models/train/schedule.ts';

// PyTorch's answers: test/golden/training.py.
const golden = JSON.parse(readFileSync(new URL('../../golden/training.json', import.meta.url), 'utf8'));

beforeAll(async () => {
  await selectBackend('wasm');
});

function expectClose(received: ArrayLike<number>, wanted: readonly number[], relative = 1e-5): void {
  expect(received.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(received[i] - value), `element ${i}: ${received[i]}, not ${value}`).toBeLessThanOrEqual(
      relative * Math.max(Math.abs(value), 1e-6),
    );
  });
}

describe('the log loss', () => {
  test('and its gradient are those of PyTorch, up to probabilities of 0 and 1', () => {
    const { probabilities, truth, sum, gradient } = golden.loss;
    const y = tf.tensor2d(truth);
    const { value, grad } = tf.valueAndGrad((p) => logLoss(p as Tensor2D, y, 'sum') as Scalar)(
      tf.tensor2d(probabilities),
    );
    expectClose(value.dataSync(), [sum]);
    expectClose(grad.dataSync(), gradient.flat());
  });

  test('stays differentiable behind a saturated softmax', () => {
    const { logits, truth, sum, gradient } = golden.saturated;
    const y = tf.tensor2d(truth);
    const loss = (z: Tensor3D) =>
      logLoss(tf.reshape(tf.slice(tf.softmax(z), [0, 0, 0], [1, 4, 1]), [1, 4]), y, 'sum');
    const { value, grad } = tf.valueAndGrad((z) => loss(z as Tensor3D) as Scalar)(tf.tensor3d(logits));
    expectClose(value.dataSync(), [sum]);
    expectClose(grad.dataSync(), gradient.flat(2));
  });

  test("'mean' divides by the batch, not by the labels, and leaves nothing but its answer in memory", () => {
    const y = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    const p = [
      [0.25, 0.5, 0.75],
      [0.5, 0.125, 0],
    ];
    const [probabilities, truth] = [tf.tensor2d(p), tf.tensor2d(y)];
    const before = tf.memory().numTensors;
    // Right with 1/4 · 1/2 · 1/4 in the first sample and 1/2 · 1/8 · 1 in the second.
    const sum = logLoss(probabilities, truth, 'sum');
    expectClose(sum.dataSync(), [Math.log(32 * 16)]);
    expectClose(logLoss(probabilities, truth, 'mean').dataSync(), [Math.log(32 * 16) / 2]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(sum.shape).toEqual([]);
  });

  test('is about 34.5 and no more where a label is as wrong as can be', () => {
    const worst = logLoss(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 0]]), 'sum').dataSync();
    expectClose(worst, [-2 * Math.log(1e-15)]);
  });
});

describe('stochastic gradient descent', () => {
  type Step = { gradients: number[][]; weights: number[][] };
  const steps = golden.sgd as Step[];
  const start = () =>
    new Map<string, Variable>([
      ['a', tf.variable(tf.tensor([0.5, -1.25, 2]))],
      ['b', tf.variable(tf.tensor([[0.1], [-0.2]]))],
    ]);
  const apply = (sgd: Sgd, weights: Map<string, Variable>, { gradients }: Step, step: number) => {
    tf.tidy(() =>
      sgd.apply(weights, { b: tf.tensor(gradients[1]), a: tf.tensor(gradients[0]) }, 0.1 / (step + 1)),
    );
  };
  const expectWeights = (weights: Map<string, Variable>, step: Step) => {
    expectClose(weights.get('a')!.dataSync(), step.weights[0]);
    expectClose(weights.get('b')!.dataSync(), step.weights[1].flat());
  };

  test("makes torch.optim.SGD's steps, with momentum and weight decay", () => {
    const sgd = new Sgd({ momentum: 0.9, weightDecay: 0.01 });
    const weights = start();
    steps.forEach((step, i) => {
      apply(sgd, weights, step, i);
      expectWeights(weights, step);
    });
  });

  test('goes on from its state, bound to names and not to order', () => {
    const [first, second] = [start(), new Map([...start()].reverse())];
    const sgd = new Sgd({ momentum: 0.9, weightDecay: 0.01 });
    for (const [i, step] of steps.slice(0, 3).entries()) apply(sgd, first, step, i);
    const resumed = new Sgd({ momentum: 0.9, weightDecay: 0.01 });
    resumed.restore(sgd.state());
    for (const [name, weight] of first) second.get(name)!.assign(weight);
    for (const [i, step] of steps.slice(3).entries()) apply(resumed, second, step, i + 3);
    expectWeights(second, steps[5]);
  });

  test('keeps a velocity a weight and nothing else in memory', () => {
    const sgd = new Sgd({ momentum: 0.9, weightDecay: 0 });
    const weights = start();
    const before = tf.memory().numTensors;
    for (const [i, step] of steps.entries()) apply(sgd, weights, step, i);
    expect(tf.memory().numTensors).toBe(before + 2);
    const state = sgd.state();
    expect(Object.keys(state)).toEqual(['a', 'b']);
    // What it takes over is in place of what it had.
    sgd.restore({ b: state.b });
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(sgd.state()).toEqual({ b: state.b });
    sgd.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(sgd.state()).toEqual({});
    sgd.dispose();
  });

  test('a weight without a gradient stays as it is, and so does its velocity', () => {
    const sgd = new Sgd({ momentum: 0.9, weightDecay: 0.5 });
    const weights = new Map([['w', tf.variable(tf.tensor([2]))]]);
    tf.tidy(() => sgd.apply(weights, { w: tf.tensor([1]) }, 0.25));
    // v = 1 + 0.5 · 2, w = 2 − 0.25 · v
    expect(sgd.state().w.data).toEqual(Float32Array.of(2));
    expect([...weights.get('w')!.dataSync()]).toEqual([1.5]);
    for (const gradients of [{}, { w: null }, { w: undefined }]) sgd.apply(weights, gradients, 0.25);
    expect(sgd.state().w.data).toEqual(Float32Array.of(2));
    expect([...weights.get('w')!.dataSync()]).toEqual([1.5]);
  });

  test('a state is of its moment, whatever steps follow', () => {
    const sgd = new Sgd({ momentum: 0.9, weightDecay: 0 });
    const weights = start();
    apply(sgd, weights, steps[0], 0);
    const state = sgd.state();
    const values = [...state.a.data];
    apply(sgd, weights, steps[1], 1);
    expect([...state.a.data]).toEqual(values);
    expect(state.b.shape).toEqual([2, 1]);
  });
});

test("cosine rates are those of torch's CosineAnnealingLR, step by step", () => {
  const recipe = { learningRate: 0.02, schedule: 'cosine' } as const;
  expectClose(
    golden.cosine.map((_: number, i: number) => learningRateAt(recipe, i, 10)),
    golden.cosine,
    1e-9,
  );
  expect(learningRateAt({ learningRate: 0.02, schedule: 'constant' }, 7, 10)).toBe(0.02);
  expect(learningRateAt(recipe, 10, 10)).toBe(0);
});
