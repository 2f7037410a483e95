import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { type Tensor as HostTensor, tensor } from '../../src/core/tensor.ts';
import { tf } from '../tf.ts';

/**
 * Stochastic gradient descent with momentum and weight decay, in torch.optim.SGD's arithmetic:
 * `g ← ∇ + weightDecay · w; v ← momentum · v + g; w ← w − learningRate · v`, decay on every trainable weight.
 * Velocities belong to weight names, not to positions, so they survive a model that is built anew.
 */
export class Sgd {
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #velocities = new Map<string, Tensor>();

  constructor({ momentum, weightDecay }: { momentum: number; weightDecay: number }) {
    this.#momentum = momentum;
    this.#weightDecay = weightDecay;
  }

  /**
   * Makes one step. A weight without a gradient, on which the loss does not depend, stays as it is: as in torch, it
   * neither decays nor goes on by its velocity.
   * @param weights by name
   * @param gradients by the same names, of the same shapes
   */
  apply(
    weights: ReadonlyMap<string, Variable>,
    gradients: Readonly<Record<string, Tensor | null | undefined>>,
    learningRate: number,
  ): void {
    for (const [name, weight] of weights) {
      const gradient = gradients[name];
      if (!gradient) continue;
      const previous = this.#velocities.get(name);
      const velocity = tf.tidy(() => {
        const decayed = tf.add(gradient, tf.mul(weight, this.#weightDecay));
        const next = previous ? tf.add(tf.mul(previous, this.#momentum), decayed) : decayed;
        weight.assign(tf.sub(weight, tf.mul(next, learningRate)));
        return tf.keep(next);
      });
      previous?.dispose();
      this.#velocities.set(name, velocity);
    }
  }

  /** The velocities by weight name. Empty before the first step. */
  state(): Record<string, HostTensor> {
    return Object.fromEntries(
      [...this.#velocities].map(([name, velocity]) => [
        name,
        tensor(velocity.dataSync() as Float32Array, velocity.shape),
      ]),
    );
  }

  /** Takes over velocities that `state` returned. */
  restore(state: Readonly<Record<string, HostTensor>>): void {
    this.dispose();
    for (const [name, { data, shape }] of Object.entries(state)) {
      this.#velocities.set(name, tf.keep(tf.tensor(data as Float32Array, [...shape])));
    }
  }

  dispose(): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
  }
}
