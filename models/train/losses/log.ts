import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import { compared, lossOf, reduction } from './loss.ts';

/** Inside both logarithms, as in the reports' code: bounds a label's loss by 34.54, and its gradient too. */
const epsilon = 1e-15;

/** The reports' log loss on probabilities; summed over labels, and over the batch or its mean. */
export const logLoss = defineKind({
  kind: 'log',
  title: 'log loss of probabilities, summed over labels (papers/001)',
  options: () => z.strictObject({ reduction: reduction.default('sum'), ...compared('probabilities') }),
  make: (options) =>
    lossOf<Tensor2D>(options, (probabilities, truth) => logLossOf(probabilities, truth, options.reduction)),
});

/**
 * The reports' log loss, `−Σ y·log(p + ε) + (1 − y)·log(1 − p + ε)` over batch and labels (papers/001, equation 2);
 * with reduction 'mean' divided by the batch.
 *
 * @param probabilities float32 [N, labels] in 0–1
 * @param truth float32 [N, labels], 0 or 1
 * @returns a scalar, ≥ 0
 */
export function logLossOf(probabilities: Tensor2D, truth: Tensor2D, reduction: 'sum' | 'mean'): Tensor {
  return tf.tidy(() => {
    // The probability that a label is what it is: as truth is 0 or 1, one logarithm does for both.
    const correct = tf.add(tf.mul(truth, probabilities), tf.mul(tf.sub(1, truth), tf.sub(1, probabilities)));
    const sum = tf.neg(tf.sum(tf.log(tf.add(correct, epsilon))));
    return reduction === 'sum' ? sum : tf.div(sum, probabilities.shape[0]);
  });
}
