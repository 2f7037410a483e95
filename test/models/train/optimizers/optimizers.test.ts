import { readFileSync } from 'node:fs';
import type { Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../models/tf.ts';
import { selectBackend } from '../../../../models/train/backend.ts';
import { optimizers } from '../../../../models/train/optimizers/index.ts';
import { Optimizer } from '../../../../models/train/optimizers/optimizer.ts';
import { sgd } from '../../../../models/train/optimizers/sgd.ts';
import type { KindValue } from '../../../../src/core/kind.ts';

// PyTorch's answers: test/golden/optimizers.py.
const golden = JSON.parse(readFileSync(new URL('../../../golden/optimizers.json', import.meta.url), 'utf8'));
type Step = { gradients: number[][]; weights: number[][] };

beforeAll(async () => {
  await selectBackend('wasm');
});

function expectClose(received: ArrayLike<number>, wanted: readonly number[], relative = 1e-5): void {
  expect(received.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(received[i] - value), `element ${i}: ${received[i]}, not ${value}`).toBeLessThanOrEqual(
      // Sums that cancel out have the error of what they are made of.
      relative * Math.abs(value) + 1e-6,
    );
  });
}

const at = (rate: number) => () => ({ rate });
const optimizerOf = (value: unknown) => new Optimizer(optimizers.make(optimizers.schema.parse(value)));
const sgdOf = (options: Parameters<typeof sgd>[0]) => optimizerOf(sgd(options));

describe('an optimizer', () => {
  const steps = golden.optimizers[1].steps as Step[];
  const start = () =>
    new Map<string, Variable>([
      ['a', tf.variable(tf.tensor([0.5, -1.25, 2]))],
      ['b', tf.variable(tf.tensor([[0.1], [-0.2]]))],
    ]);
  const apply = (optimizer: Optimizer, weights: Map<string, Variable>, { gradients }: Step, step: number) => {
    tf.tidy(() =>
      optimizer.apply(
        weights,
        { b: tf.tensor(gradients[1]), a: tf.tensor(gradients[0]) },
        at(0.1 / (step + 1)),
      ),
    );
  };
  const expectWeights = (weights: Map<string, Variable>, step: Step) => {
    expectClose(weights.get('a')!.dataSync(), step.weights[0]);
    expectClose(weights.get('b')!.dataSync(), step.weights[1].flat());
  };

  test('goes on from its state, bound to names and not to order', () => {
    const [first, second] = [start(), new Map([...start()].reverse())];
    const sgd = sgdOf({ momentum: 0.9, weightDecay: 0.01 });
    for (const [i, step] of steps.slice(0, 3).entries()) apply(sgd, first, step, i);
    const resumed = sgdOf({ momentum: 0.9, weightDecay: 0.01 });
    resumed.restore(sgd.state());
    for (const [name, weight] of first) second.get(name)!.assign(weight);
    for (const [i, step] of steps.slice(3).entries()) apply(resumed, second, step, i + 3);
    expectWeights(second, steps[5]);
  });

  test('keeps a velocity a weight and nothing else in memory', () => {
    const sgd = sgdOf({ momentum: 0.9, weightDecay: 0 });
    const weights = start();
    const before = tf.memory().numTensors;
    for (const [i, step] of steps.entries()) apply(sgd, weights, step, i);
    expect(tf.memory().numTensors).toBe(before + 2);
    const state = sgd.state();
    expect(Object.keys(state.velocity)).toEqual(['a', 'b']);
    // What it takes over is in place of what it had.
    sgd.restore({ velocity: { b: state.velocity.b } });
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(sgd.state()).toEqual({ velocity: { b: state.velocity.b } });
    sgd.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(sgd.state()).toEqual({});
    sgd.dispose();
  });

  test('a weight without a gradient stays as it is, and so does its velocity', () => {
    const sgd = sgdOf({ momentum: 0.9, weightDecay: 0.5 });
    const weights = new Map([['w', tf.variable(tf.tensor([2]))]]);
    tf.tidy(() => sgd.apply(weights, { w: tf.tensor([1]) }, at(0.25)));
    // v = 1 + 0.5 · 2, w = 2 − 0.25 · v
    expect(sgd.state().velocity.w.data).toEqual(Float32Array.of(2));
    expect([...weights.get('w')!.dataSync()]).toEqual([1.5]);
    for (const gradients of [{}, { w: null }, { w: undefined }]) sgd.apply(weights, gradients, at(0.25));
    expect(sgd.state().velocity.w.data).toEqual(Float32Array.of(2));
    expect([...weights.get('w')!.dataSync()]).toEqual([1.5]);
  });

  test('a state is of its moment, whatever steps follow', () => {
    const sgd = sgdOf({ momentum: 0.9, weightDecay: 0 });
    const weights = start();
    apply(sgd, weights, steps[0], 0);
    const state = sgd.state();
    const values = [...state.velocity.a.data];
    apply(sgd, weights, steps[1], 1);
    expect([...state.velocity.a.data]).toEqual(values);
    expect(state.velocity.b.shape).toEqual([2, 1]);
  });

  const cases = (golden.optimizers as { value: KindValue; steps: Step[] }[]).map(
    ({ value, steps }) => [JSON.stringify(value), value, steps] as const,
  );
  test.each(cases)("makes torch.optim's steps, by gradients that depend on them: %s", (_, value, steps) => {
    const optimizer = optimizerOf(value);
    const weights = start();
    steps.forEach((step, i) => {
      apply(optimizer, weights, step, i);
      expectWeights(weights, step);
    });
    optimizer.dispose();
  });

  test.each(cases)('goes on from its state as if it had never stopped: %s', (_, value, steps) => {
    const [whole, cut] = [optimizerOf(value), optimizerOf(value)];
    const [one, other] = [start(), start()];
    for (const [i, step] of steps.slice(0, 3).entries()) {
      apply(whole, one, step, i);
      apply(cut, other, step, i);
    }
    const resumed = optimizerOf(value);
    resumed.restore(structuredClone(cut.state()));
    for (const [i, step] of steps.slice(3).entries()) {
      apply(whole, one, step, i + 3);
      apply(resumed, other, step, i + 3);
    }
    expect(resumed.state()).toEqual(whole.state());
    for (const [name, weight] of one) expect(other.get(name)!.dataSync()).toEqual(weight.dataSync());
    for (const optimizer of [whole, cut, resumed]) optimizer.dispose();
  });

  test('has a rate and a decay for each weight where that is asked for', () => {
    const weights = new Map(['a', 'b', 'c'].map((name) => [name, tf.variable(tf.tensor([2]))]));
    const optimizer = sgdOf({ weightDecay: 0.5 });
    const gradients = Object.fromEntries([...weights.keys()].map((name) => [name, tf.tensor([1])]));
    const rates = { a: { rate: 0.25 }, b: { rate: 0.5, weightDecay: 0 }, c: { rate: 0, weightDecay: 9 } };
    optimizer.apply(weights, gradients, (name) => rates[name as 'a']);
    // 2 − 0.25 · (1 + 0.5 · 2), 2 − 0.5 · 1, and nothing.
    expect([...weights.values()].map((weight) => weight.dataSync()[0])).toEqual([1.5, 1.5, 2]);
    optimizer.dispose();
  });
});
