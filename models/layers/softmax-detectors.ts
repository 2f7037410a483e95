import type { serialization, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import { tf } from '../tf.ts';
import type { LayerInitializer } from './initializers.ts';
import './softmax-detectors.converter.ts';

type Weight = ReturnType<layers.Layer['addWeight']>;

/**
 * Per-class detection (papers/001, section 2): for each label a fully connected layer to two values and a softmax
 * over them; channel 0 is "present". [N, F] float32 → probabilities [N, labels], in 0–1.
 * Weights: `kernel` [F, 2·labels] and `bias` [2·labels], the pair of label i at 2i and 2i + 1.
 */
export class SoftmaxDetectors extends tf.layers.Layer {
  static readonly className = 'SoftmaxDetectors';
  readonly labels: number;
  readonly #kernelInitializer: LayerInitializer;
  readonly #biasInitializer: LayerInitializer;
  #kernel!: Weight;
  #bias!: Weight;

  constructor(config: {
    labels: number;
    kernelInitializer?: LayerInitializer;
    biasInitializer?: LayerInitializer;
    name?: string;
  }) {
    super({ name: config.name });
    this.labels = config.labels;
    this.#kernelInitializer = config.kernelInitializer ?? tf.initializers.zeros();
    this.#biasInitializer = config.biasInitializer ?? tf.initializers.zeros();
  }

  override build(inputShape: number[]): void {
    const shape = [inputShape[1], 2 * this.labels];
    this.#kernel = this.addWeight('kernel', shape, 'float32', this.#kernelInitializer as never);
    this.#bias = this.addWeight('bias', [2 * this.labels], 'float32', this.#biasInitializer as never);
    this.built = true;
  }

  override computeOutputShape(inputShape: number[]): number[] {
    return [inputShape[0], this.labels];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => {
      const features = (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor2D;
      const logits = tf.add(tf.matMul(features, this.#kernel.read() as Tensor2D), this.#bias.read());
      const pairs = tf.softmax(tf.reshape(logits, [-1, this.labels, 2]));
      return tf.reshape(tf.slice(pairs, [0, 0, 0], [-1, -1, 1]), [-1, this.labels]);
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), labels: this.labels };
  }
}

tf.serialization.registerClass(SoftmaxDetectors);
