import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import { compared, lossOf, reduction } from './loss.ts';

/** Cross-entropy of logits [N, classes] and shares [N, classes], as torch's CrossEntropyLoss of class probabilities. */
export const crossEntropy = defineKind({
  kind: 'cross-entropy',
  title: 'softmax cross-entropy of logits; the target is a share a class, such as one-hot rows',
  options: () => z.strictObject({ reduction: reduction.default('mean'), ...compared('logits') }),
  make: (options) =>
    lossOf<Tensor2D>(options, (logits, shares) => categorical(logits, shares, options.reduction)),
});

/** @returns a scalar: the sum over samples, or their mean */
export function categorical(logits: Tensor2D, shares: Tensor, reduction: 'sum' | 'mean'): Tensor {
  const sum = tf.neg(tf.sum(tf.mul(shares, tf.logSoftmax(logits))));
  return reduction === 'sum' ? sum : tf.div(sum, logits.shape[0]);
}
