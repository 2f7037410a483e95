import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { fanInUniform } from '../layers/initializers.ts';
import { tf } from '../tf.ts';

/**
 * APCD's attention (papers/001, section 3.1): a map, sigmoid of a 3×3 convolution to one channel, that weighs every
 * position of the features [N, h, w, C]. Returns the weighed features and the map [N, h, w], in 0–1.
 */
export function attend(
  features: SymbolicTensor,
  seed: number,
): { attended: SymbolicTensor; map: SymbolicTensor } {
  const weights = tf.layers
    .conv2d({
      name: 'attention.conv',
      filters: 1,
      kernelSize: 3,
      padding: 'same',
      activation: 'sigmoid',
      kernelInitializer: fanInUniform(seed, 'attention.conv') as never,
    })
    .apply(features) as SymbolicTensor;
  const attended = tf.layers
    .multiply({ name: 'attention.multiply' })
    .apply([features, weights]) as SymbolicTensor;
  const [, height, width] = features.shape as number[];
  const map = tf.layers
    .reshape({ targetShape: [height, width], name: 'attention' })
    .apply(weights) as SymbolicTensor;
  return { attended, map };
}
