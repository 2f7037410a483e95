import { readFileSync } from 'node:fs';
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { tf } from '../../../../models/tf.ts';
import { selectBackend } from '../../../../models/train/backend.ts';
import { losses } from '../../../../models/train/losses/index.ts';
import { logLossOf } from '../../../../models/train/losses/log.ts';
import { checkLoss } from '../../../../models/train/losses/loss.ts';
import type { KindValue } from '../../../../src/core/kind.ts';

// PyTorch's answers: test/golden/training.py and losses.py.
const goldenFile = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../golden/${name}.json`, import.meta.url), 'utf8'));
const golden = goldenFile('training');

interface Case {
  readonly value: KindValue;
  readonly target: number[] | number[][];
  readonly loss: number;
  readonly outputs: Record<string, number[][]>;
  readonly gradients: Record<string, number[][]>;
}

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

const make = (value: unknown) => losses.make(losses.schema.parse(value));

describe("a loss and its gradients are those of PyTorch's", () => {
  test.each((goldenFile('losses') as Case[]).map((given) => [JSON.stringify(given.value), given] as const))(
    '%s',
    (_, { value, target, loss: wanted, outputs, gradients }) => {
      const loss = make(value);
      const names = Object.keys(outputs);
      const labels = tf.tensor(target);
      const { value: received, grads } = tf.valueAndGrads(
        (...tensors: Tensor[]) =>
          loss.of(Object.fromEntries(names.map((name, i) => [name, tensors[i]])), { labels }) as Scalar,
      )(names.map((name) => tf.tensor(outputs[name])));
      expectClose(received.dataSync(), [wanted]);
      for (const [i, name] of names.entries()) {
        const flat = gradients[name].flat(2);
        // Beside gradients of the order of one, those that float32 cannot hold beside them are nothing.
        for (const [j, gradient] of grads[i].dataSync().entries()) {
          const bound = 1e-5 * Math.abs(flat[j]) + 1e-7;
          expect(Math.abs(gradient - flat[j]), `${name} ${j}`).toBeLessThanOrEqual(bound);
        }
      }
    },
  );
});

describe('the log loss', () => {
  test('and its gradient are those of PyTorch, up to probabilities of 0 and 1', () => {
    const { probabilities, truth, sum, gradient } = golden.loss;
    const y = tf.tensor2d(truth);
    const { value, grad } = tf.valueAndGrad((p) => logLossOf(p as Tensor2D, y, 'sum') as Scalar)(
      tf.tensor2d(probabilities),
    );
    expectClose(value.dataSync(), [sum]);
    expectClose(grad.dataSync(), gradient.flat());
  });

  test('stays differentiable behind a saturated softmax', () => {
    const { logits, truth, sum, gradient } = golden.saturated;
    const y = tf.tensor2d(truth);
    const loss = (z: Tensor3D) =>
      logLossOf(tf.reshape(tf.slice(tf.softmax(z), [0, 0, 0], [1, 4, 1]), [1, 4]), y, 'sum');
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
    const sum = logLossOf(probabilities, truth, 'sum');
    expectClose(sum.dataSync(), [Math.log(32 * 16)]);
    expectClose(logLossOf(probabilities, truth, 'mean').dataSync(), [Math.log(32 * 16) / 2]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(sum.shape).toEqual([]);
  });

  test('is about 34.5 and no more where a label is as wrong as can be', () => {
    const worst = logLossOf(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 0]]), 'sum').dataSync();
    expectClose(worst, [-2 * Math.log(1e-15)]);
  });
});

describe('a loss says', () => {
  test('which outputs and targets it looks at, and is refused where there is none of them', () => {
    const loss = make({
      kind: 'sum',
      options: {
        terms: [
          { loss: { kind: 'per-step', options: { loss: { kind: 'bce', options: { output: 'steps' } } } } },
          { loss: { kind: 'bce', options: { target: 'motion' } } },
        ],
      },
    });
    expect(loss.outputs).toEqual(['steps', 'logits']);
    expect(loss.targets).toEqual(['labels', 'motion']);
    expect(() => checkLoss(loss, ['steps', 'logits'], ['labels', 'motion'])).not.toThrow();
    expect(() => checkLoss(loss, ['probabilities', 'logits'], ['labels'])).toThrow(
      'a loss must be of a known output of the model; received "steps"; known: probabilities, logits',
    );
    expect(() => checkLoss(loss, ['steps', 'logits'], ['labels'])).toThrow(
      'a loss must be of a known target; received "motion"; known: labels',
    );
  });

  test('that sums and means do not go together', () => {
    const terms = [{ loss: 'bce' }, { loss: { kind: 'log', options: { reduction: 'sum' } } }];
    expect(() => make({ kind: 'sum', options: { terms } })).toThrow(
      "the terms of a loss must all be sums, or all means; received mean, sum; give them one reduction, 'sum' or 'mean'",
    );
  });
});
