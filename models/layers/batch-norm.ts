import type { serialization, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { tf } from '../tf.ts';
import { normalizeBatch, scaleChannels } from './batch-norm-op.ts';
import './batch-norm.converter.ts';

type Weight = ReturnType<layers.Layer['addWeight']>;

/**
 * Batch normalisation over the last axis, any rank (Ioffe & Szegedy 2015), with torch's arithmetic: running
 * averages keep 0.9 of the old value a step, and the running variance is the unbiased one (tfjs-layers' own layer
 * refuses rank 5 and keeps the biased variance). A frozen one normalises by its averages in training, too.
 * float32 in, same shape out; weights gamma, beta, moving_mean, moving_variance, each [C].
 */
export class BatchNorm extends tf.layers.Layer {
  static readonly className = 'BatchNorm';
  readonly momentum: number;
  readonly epsilon: number;
  readonly #zeroGamma: boolean;
  #gamma!: Weight;
  #beta!: Weight;
  #movingMean!: Weight;
  #movingVariance!: Weight;

  constructor(config: { name?: string; momentum?: number; epsilon?: number; zeroGamma?: boolean }) {
    super({ name: config.name });
    this.momentum = config.momentum ?? 0.9;
    this.epsilon = config.epsilon ?? 1e-5;
    this.#zeroGamma = config.zeroGamma ?? false;
  }

  override build(inputShape: number[]): void {
    const shape = [inputShape[inputShape.length - 1]];
    const zeros = tf.initializers.zeros() as never;
    const ones = tf.initializers.ones() as never;
    this.#gamma = this.addWeight('gamma', shape, 'float32', this.#zeroGamma ? zeros : ones);
    this.#beta = this.addWeight('beta', shape, 'float32', zeros);
    this.#movingMean = this.addWeight('moving_mean', shape, 'float32', zeros, undefined, false);
    this.#movingVariance = this.addWeight('moving_variance', shape, 'float32', ones, undefined, false);
    this.built = true;
  }

  override computeOutputShape(inputShape: number[]): number[] {
    return inputShape;
  }

  override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean } = {}): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      return kwargs.training && this.trainable ? this.#train(x) : this.#infer(x);
    });
  }

  #train(x: Tensor): Tensor {
    const [y, mean, variance] = normalizeBatch(x, vector(this.#gamma), vector(this.#beta), this.epsilon);
    const samples = x.size / mean.size;
    this.#average(this.#movingMean, mean);
    this.#average(this.#movingVariance, tf.mul(variance, samples / Math.max(1, samples - 1)));
    return y;
  }

  #average(weight: Weight, latest: Tensor): void {
    weight.write(tf.add(tf.mul(weight.read(), this.momentum), tf.mul(latest, 1 - this.momentum)));
  }

  #infer(x: Tensor): Tensor {
    const [mean, variance] = [vector(this.#movingMean), vector(this.#movingVariance)];
    const scale = tf.mul(vector(this.#gamma), tf.rsqrt(tf.add(variance, this.epsilon))) as Tensor1D;
    return scaleChannels(x, scale, tf.sub(vector(this.#beta), tf.mul(mean, scale)));
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), momentum: this.momentum, epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(BatchNorm);

function vector(weight: Weight): Tensor1D {
  return weight.read() as Tensor1D;
}
