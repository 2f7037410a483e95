/** The two forms of the reports' 43 independent detectors on one shared feature vector [N, F] → `probabilities` [N, labels]. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { fanInUniform, type LayerInitializer } from '../layers/initializers.ts';
import { SoftmaxDetectors } from '../layers/softmax-detectors.ts';
import { tf } from '../tf.ts';

const name = 'probabilities';

/** Each detector a fully connected layer to two values and a softmax: PCD (papers/001, section 2.1). */
export function softmaxDetectors(features: SymbolicTensor, labels: number, seed: number): SymbolicTensor {
  const kernelInitializer = fanInUniform(seed, name);
  return new SoftmaxDetectors({ labels, kernelInitializer, name }).apply(features) as SymbolicTensor;
}

/** Each detector a fully connected layer to one value and a sigmoid (sections 2.3 and 3.1). */
export function sigmoidDetectors(
  features: SymbolicTensor,
  labels: number,
  kernelInitializer: LayerInitializer | 'zeros',
): SymbolicTensor {
  const layer = tf.layers.dense({
    units: labels,
    activation: 'sigmoid',
    kernelInitializer: kernelInitializer as never,
    name,
  });
  return layer.apply(features) as SymbolicTensor;
}
