/** Fully connected layers with dropout between them, and a softmax over the labels at the end, as papers/003 has them. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { SeededDropout } from '../layers/dropout.ts';
import { glorotUniform } from '../layers/initializers.ts';
import { tf } from '../tf.ts';
import { type Classifier, softmaxClassifier } from './classifier.ts';

/** A ReLU layer `dense<i>` and, where there is a rate, `dropout<i>` behind it. */
export function denseBlock(
  x: SymbolicTensor,
  { index, units, rate, seed }: { index: number; units: number; rate: number; seed: number },
): SymbolicTensor {
  const name = `dense${index}`;
  const kernelInitializer = glorotUniform(seed, name) as never;
  const y = tf.layers
    .dense({ name, units, activation: 'relu', kernelInitializer })
    .apply(x) as SymbolicTensor;
  if (rate === 0) return y;
  return new SeededDropout({ name: `dropout${index}`, rate, seed }).apply(y) as SymbolicTensor;
}

/** Features [N, F] → hidden layers of these sizes, each with dropout, then `logits` and `probabilities` [N, labels]. */
export function denseHead(
  features: SymbolicTensor,
  { hidden, labels, seed }: { hidden: readonly number[]; labels: number; seed: number },
): Classifier {
  const x = hidden.reduce((x, units, index) => denseBlock(x, { index, units, rate: 0.5, seed }), features);
  return softmaxClassifier(x, { labels, seed });
}
