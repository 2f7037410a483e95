import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { type Tensor as HostTensor, tensor } from '../../../src/core/tensor.ts';
import { tf } from '../../tf.ts';

/** How weights are averaged over the steps. */
export interface AverageRule {
  /**
   * The share that the weights after a step have in the new average; null where they do not count.
   * @param step of the stage's, 1-based
   * @param taken how often weights have been taken in before; the first are always taken whole
   */
  share(step: number, taken: number): number | null;
}

/** A running average of all of a model's weights, batch norms' averages among them, by name. */
export class WeightAverage {
  readonly #rule: AverageRule;
  readonly #averages = new Map<string, Tensor>();
  #steps = 0;
  #taken = 0;

  constructor(rule: AverageRule) {
    this.#rule = rule;
  }

  /** Whether any weights have been taken in. */
  get begun(): boolean {
    return this.#taken > 0;
  }

  /** @param weights as they are after a step */
  update(weights: ReadonlyMap<string, Variable>): void {
    const share = this.#rule.share(++this.#steps, this.#taken);
    if (share === null) return;
    for (const [name, weight] of weights) {
      const previous = this.#averages.get(name);
      const next = tf.tidy(() =>
        tf.keep(previous ? tf.add(previous, tf.mul(tf.sub(weight, previous), share)) : tf.clone(weight)),
      );
      previous?.dispose();
      this.#averages.set(name, next);
    }
    this.#taken++;
  }

  /** The averages by weight name; none where none have been taken. */
  values(): Record<string, HostTensor> {
    return Object.fromEntries(
      [...this.#averages].map(([name, average]) => [
        name,
        tensor(average.dataSync().slice() as Float32Array, average.shape),
      ]),
    );
  }

  /** How far it has come, for a checkpoint. */
  get counts(): { steps: number; taken: number } {
    return { steps: this.#steps, taken: this.#taken };
  }

  restore(values: Readonly<Record<string, HostTensor>>, counts: { steps: number; taken: number }): void {
    this.dispose();
    ({ steps: this.#steps, taken: this.#taken } = counts);
    for (const [name, { data, shape }] of Object.entries(values))
      this.#averages.set(name, tf.keep(tf.tensor(data as Float32Array, [...shape])));
  }

  dispose(): void {
    for (const average of this.#averages.values()) average.dispose();
    this.#averages.clear();
    this.#steps = this.#taken = 0;
  }
}
