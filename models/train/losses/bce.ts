import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import { compared, lossOf, reduction } from './loss.ts';

/**
 * Binary cross-entropy of logits, in torch's BCEWithLogitsLoss's arithmetic, mean over batch and labels or their sum.
 * `positiveWeight` weighs the labels that are present: one number, one a label, or 'batch' for each label's
 * negatives / positives in the batch at hand.
 */
export const bce = defineKind({
  kind: 'bce',
  title:
    'binary cross-entropy of logits, mean over labels; positives weighed by a number, by label or by batch',
  options: () =>
    z.strictObject({
      positiveWeight: z
        .union([z.number().positive(), z.array(z.number().positive()).min(1), z.literal('batch')])
        .default(1),
      reduction: reduction.default('mean'),
      ...compared('logits'),
    }),
  make: (options) =>
    lossOf<Tensor2D>(options, (logits, truth) => {
      const each = crossEntropies(logits, truth, options.positiveWeight);
      return options.reduction === 'sum' ? tf.sum(each) : tf.mean(each);
    }),
});

/** `(1 − y)·z + (1 + (w − 1)·y)·log(1 + exp(−z))`: softplus does not overflow, and has a slope at 0, too. */
function crossEntropies(logits: Tensor2D, truth: Tensor2D, weight: number | number[] | 'batch'): Tensor {
  const softplus = tf.softplus(tf.neg(logits));
  const absent = tf.mul(tf.sub(1, truth), logits);
  if (weight === 1) return tf.add(absent, softplus);
  const scale = tf.add(1, tf.mul(tf.sub(positiveWeights(truth, weight), 1), truth));
  return tf.add(absent, tf.mul(scale, softplus));
}

function positiveWeights(truth: Tensor2D, weight: number | number[] | 'batch'): Tensor {
  if (weight !== 'batch') return tf.tensor(weight);
  const positives = tf.sum(truth, 0);
  // Where a label has no positives, its weight meets no sample: any number will do, but it must be one.
  return tf.div(tf.sub(truth.shape[0], positives), tf.maximum(positives, 1));
}
