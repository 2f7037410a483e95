import type { serialization, Tensor } from '@tensorflow/tfjs-core';
import { Rng } from '../../src/core/rng.ts';
import { tf } from '../tf.ts';
import './dropout.converter.ts';

let drawnFor: string | null = null;

/** Runs a step of training whose masks are drawn for it: the same step draws the same ones, as when a run is resumed. */
export function withDropoutOf<T>(step: string, work: () => T): T {
  drawnFor = step;
  try {
    return work();
  } finally {
    drawnFor = null;
  }
}

/**
 * Dropout (Srivastava et al. 2014): in training each value is zero with probability `rate`, and what stays is divided
 * by 1 − rate. Unlike tfjs's own its masks come from the seed, the layer's name and the step, on every backend alike.
 */
export class SeededDropout extends tf.layers.Layer {
  static readonly className = 'SeededDropout';
  readonly rate: number;
  readonly seed: number;

  constructor(config: { rate: number; seed: number; name?: string }) {
    super({ name: config.name });
    this.rate = config.rate;
    this.seed = config.seed;
  }

  override computeOutputShape(inputShape: number[]): number[] {
    return inputShape;
  }

  /** @throws Error in training outside of `withDropoutOf`: masks would repeat themselves */
  override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean } = {}): Tensor {
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0] : inputs;
      if (!kwargs.training || this.rate === 0) return tf.clone(x);
      if (drawnFor === null) throw new Error('dropout is trained within withDropoutOf');
      const rng = new Rng(`${this.seed}/${this.name}/${drawnFor}`);
      const kept = 1 / (1 - this.rate);
      const mask = Float32Array.from({ length: x.size }, () => (rng.uniform() < this.rate ? 0 : kept));
      return tf.mul(x, tf.tensor(mask, x.shape));
    });
  }

  override getConfig(): serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

tf.serialization.registerClass(SeededDropout);
