import type { Tensor } from '@tensorflow/tfjs-core';
import { type Tensor as HostTensor, tensor } from '../../src/core/tensor.ts';
import { tf } from '../tf.ts';

/** The gradients of the batches that make one step together, summed by weight name. */
export class GradientSum {
  readonly #sums = new Map<string, Tensor>();

  /** Adds gradients, times a factor. */
  add(gradients: Readonly<Record<string, Tensor | undefined>>, factor: number): void {
    for (const [name, gradient] of Object.entries(gradients)) {
      if (!gradient) continue;
      const sum = this.#sums.get(name);
      const next = tf.tidy(() => {
        const part = tf.mul(gradient, factor);
        return tf.keep(sum ? tf.add(sum, part) : part);
      });
      sum?.dispose();
      this.#sums.set(name, next);
    }
  }

  /** The sums, divided. They are the caller's, and the next begin at nothing. */
  take(divisor: number): Record<string, Tensor> {
    const taken = Object.fromEntries([...this.#sums].map(([name, sum]) => [name, tf.div(sum, divisor)]));
    this.dispose();
    return taken;
  }

  /** Those that wait for the rest of their step. */
  state(): Record<string, HostTensor> {
    return Object.fromEntries(
      [...this.#sums].map(([name, sum]) => [name, tensor(sum.dataSync() as Float32Array, sum.shape)]),
    );
  }

  restore(state: Readonly<Record<string, HostTensor>>): void {
    this.dispose();
    for (const [name, { data, shape }] of Object.entries(state))
      this.#sums.set(name, tf.keep(tf.tensor(data as Float32Array, [...shape])));
  }

  dispose(): void {
    for (const sum of this.#sums.values()) sum.dispose();
    this.#sums.clear();
  }
}
