import type { Tensor } from '@tensorflow/tfjs-core';
import { tf } from '../tf.ts';
import './global-average-pooling3d.converter.ts';

/** The mean over time and space: [N, T, H, W, C] float32 → [N, C]. */
export class GlobalAveragePooling3D extends tf.layers.Layer {
  static readonly className = 'GlobalAveragePooling3D';

  override computeOutputShape(inputShape: number[]): number[] {
    return [inputShape[0], inputShape[4]];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      const [batch, time, height, width, channels] = x.shape;
      return tf.mean(tf.reshape(x, [batch, time * height * width, channels]), 1);
    });
  }
}

tf.serialization.registerClass(GlobalAveragePooling3D);
