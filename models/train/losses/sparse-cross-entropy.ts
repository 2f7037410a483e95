import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import { categorical } from './cross-entropy.ts';
import { compared, lossOf, reduction } from './loss.ts';

/** The same of a class's index, [N] or [N, 1], as torch's CrossEntropyLoss of class indices. */
export const sparseCrossEntropy = defineKind({
  kind: 'sparse-cross-entropy',
  title: "softmax cross-entropy of logits; the target is a class's index",
  options: () => z.strictObject({ reduction: reduction.default('mean'), ...compared('logits') }),
  make: (options) =>
    lossOf<Tensor2D>(options, (logits, index) => {
      const [samples, classes] = logits.shape;
      const shares = tf.oneHot(tf.cast(tf.reshape(index, [samples]), 'int32'), classes);
      return categorical(logits, tf.cast(shares, 'float32'), options.reduction);
    }),
});
