/** Fully connected layers with dropout between them, and a softmax over the labels at the end, as papers/003 has them. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { SeededDropout } from '../layers/dropout.ts';
import { glorotUniform } from '../layers/initializers.ts';
import { tf } from '../tf.ts';
import { type Classifier, softmaxClassifier } from './classifier.ts';

/** How much of what a hidden layer says is dropped in training. */
const dropped = 0.5;

interface DenseLayer {
  readonly name: string;
  readonly units: number;
  readonly seed: number;
}

/** A ReLU layer, and dropout behind it. */
export function denseBlock(x: SymbolicTensor, { name, units, seed }: DenseLayer): SymbolicTensor {
  const kernelInitializer = glorotUniform(seed, name) as never;
  const y = tf.layers.dense({ name, units, activation: 'relu', kernelInitializer }).apply(x);
  const dropout = new SeededDropout({ name: `${name}.dropout`, rate: dropped, seed });
  return dropout.apply(y as SymbolicTensor) as SymbolicTensor;
}

interface DenseHead {
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly labels: number;
  readonly seed: number;
  /** How the hidden layers are called, with a number each. Default: dense. */
  readonly name?: string;
}

/** Features [N, F] → hidden layers `dense0`, …, then `logits` and `probabilities` [N, labels]. */
export function denseHead(
  features: SymbolicTensor,
  { hidden, labels, seed, name = 'dense' }: DenseHead,
): Classifier {
  const last = hidden.reduce((x, units, i) => denseBlock(x, { name: `${name}${i}`, units, seed }), features);
  return softmaxClassifier(last, { labels, seed });
}
