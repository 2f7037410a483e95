/** The two forms of the reports' 43 independent detectors on one shared feature vector [N, F] → `probabilities` [N, labels]. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { fanInUniform, priorBias } from '../layers/initializers.ts';
import { SoftmaxDetectors } from '../layers/softmax-detectors.ts';
import { tf } from '../tf.ts';

interface Detectors {
  labels: number;
  seed: number;
  /** The probability every detector starts near; null for the reference code's start, near one half. */
  prior: number | null;
  /** Start from zero weights instead of random ones. */
  zero?: boolean;
}

const name = 'probabilities';

/** Each detector a fully connected layer to two values and a softmax: PCD (papers/001, section 2.1). */
export function softmaxDetectors(
  features: SymbolicTensor,
  { labels, seed, prior }: Detectors,
): SymbolicTensor {
  const layer = new SoftmaxDetectors({
    labels,
    kernelInitializer: fanInUniform(seed, name),
    biasInitializer: priorBias(prior, 2),
    name,
  });
  return layer.apply(features) as SymbolicTensor;
}

/** Each detector a fully connected layer to one value and a sigmoid (sections 2.3 and 3.1). */
export function sigmoidDetectors(
  features: SymbolicTensor,
  { labels, seed, prior, zero }: Detectors,
): SymbolicTensor {
  const layer = tf.layers.dense({
    units: labels,
    activation: 'sigmoid',
    kernelInitializer: (zero ? tf.initializers.zeros() : fanInUniform(seed, name)) as never,
    biasInitializer: priorBias(prior, 1) as never,
    name,
  });
  return layer.apply(features) as SymbolicTensor;
}
