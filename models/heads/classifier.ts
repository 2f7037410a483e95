/** Classifiers that are trained by losses of logits: [N, F] → `logits` and `probabilities`, both [N, labels]. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { fanInUniform, priorBias } from '../layers/initializers.ts';
import { tf } from '../tf.ts';

export interface Classifier {
  /** What the loss looks at; a system lists it as auxiliary, so that an exported model is without it. */
  readonly logits: SymbolicTensor;
  readonly probabilities: SymbolicTensor;
}

interface ClassifierOptions {
  readonly labels: number;
  readonly seed: number;
  /** The probability that every label starts near; null, the default, for torch's start of a linear layer. */
  readonly prior?: number | null;
}

/** A fully connected layer, and a sigmoid for each label: several may hold. */
export function sigmoidClassifier(
  features: SymbolicTensor,
  { labels, seed, prior = null }: ClassifierOptions,
): Classifier {
  return classifier(features, { labels, seed, prior }, 'sigmoid');
}

/** A fully connected layer, and a softmax over the labels: one of them holds. */
export function softmaxClassifier(features: SymbolicTensor, options: ClassifierOptions): Classifier {
  return classifier(features, options, 'softmax');
}

function classifier(
  features: SymbolicTensor,
  { labels, seed, prior = null }: ClassifierOptions,
  activation: 'sigmoid' | 'softmax',
): Classifier {
  const linear = tf.layers.dense({
    units: labels,
    kernelInitializer: fanInUniform(seed, 'logits') as never,
    biasInitializer: priorBias(prior, 1) as never,
    name: 'logits',
  });
  const logits = linear.apply(features) as SymbolicTensor;
  const probabilities = tf.layers.activation({ activation, name: 'probabilities' }).apply(logits);
  return { logits, probabilities: probabilities as SymbolicTensor };
}
