/**
 * The convolutions of papers/003's networks (section 5.1): five of them, strided, each with a ReLU and a max-pool, and
 * batch norm between the two in all but the last. Everything is padded as Keras pads 'same', and starts and averages as
 * in Keras.
 */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { BatchNorm } from '../layers/batch-norm.ts';
import { glorotUniform } from '../layers/initializers.ts';
import { tf } from '../tf.ts';

const convolutions = [
  { kernelSize: 7, strides: 2 },
  { kernelSize: 5, strides: 3 },
  { kernelSize: 3, strides: 3 },
  { kernelSize: 3, strides: 3 },
  { kernelSize: 3, strides: 3 },
] as const;

/** How the names of all its weights begin: `features.conv0/kernel`. */
export const stridedCnnPrefix = 'features.';

/** Filters of each convolution. */
export type StridedCnnWidths = readonly [number, number, number, number, number];

export const stridedCnnWidths: StridedCnnWidths = [96, 256, 512, 512, 512];

/** Frames [N, H, W, 3] in 0–1 → flat features [N, F]; F is 512 at 224². */
export function stridedCnn(
  frames: SymbolicTensor,
  { widths, seed }: { widths: StridedCnnWidths; seed: number },
): SymbolicTensor {
  let x = frames;
  convolutions.forEach(({ kernelSize, strides }, i) => {
    const name = `${stridedCnnPrefix}conv${i}`;
    const convolution = tf.layers.conv2d({
      ...{ name, kernelSize, strides, filters: widths[i], padding: 'same', activation: 'relu' },
      kernelInitializer: glorotUniform(seed, name) as never,
    });
    x = convolution.apply(x) as SymbolicTensor;
    if (i < 4) x = kerasBatchNorm(x, `${stridedCnnPrefix}bn${i}`);
    x = tf.layers
      .maxPooling2d({ poolSize: 3, strides: 2, padding: 'same', name: `${stridedCnnPrefix}pool${i}` })
      .apply(x) as SymbolicTensor;
  });
  return tf.layers.flatten({ name: `${stridedCnnPrefix}flatten` }).apply(x) as SymbolicTensor;
}

/** At Keras's defaults, but that the running variance is the unbiased one. */
export function kerasBatchNorm(x: SymbolicTensor, name: string): SymbolicTensor {
  return new BatchNorm({ name, momentum: 0.99, epsilon: 1e-3 }).apply(x) as SymbolicTensor;
}
