import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { type Tensor as HostTensor, tensor } from '../../../src/core/tensor.ts';
import { tf } from '../../tf.ts';

/** How an optimiser moves one weight. */
export interface UpdateRule {
  /** What weights decay by where no group of weights says otherwise. */
  readonly weightDecay: number;
  /** Whether a step depends on how many there were before it. */
  readonly countsSteps: boolean;
  /**
   * One step, inside a tidy.
   * @param slots what the last step has left under these names; none before the first
   * @returns the weight's new value, and what the next step needs
   */
  update(step: Update): { weight: Tensor; slots: Readonly<Record<string, Tensor>> };
}

export interface Update {
  readonly weight: Tensor;
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<string, Tensor | undefined>>;
  readonly rate: number;
  readonly weightDecay: number;
  /** Steps of this weight, with this one: 1, 2, … */
  readonly count: number;
}

/** Tensors by slot ("velocity"), and in it by the weight they belong to. */
export type Slots = Readonly<Record<string, Readonly<Record<string, HostTensor>>>>;

/** The slot of how many steps a weight has made, for rules that count them. */
const counts = 'steps';

/**
 * A rule and what it remembers. Slots belong to weight names, not to positions, so they survive a model that is built
 * anew.
 */
export class Optimizer {
  readonly #rule: UpdateRule;
  readonly #slots = new Map<string, Record<string, Tensor>>();
  readonly #counts = new Map<string, number>();

  constructor(rule: UpdateRule) {
    this.#rule = rule;
  }

  /**
   * Makes one step. A weight without a gradient, on which the loss does not depend, stays as it is: as in torch, it
   * neither decays nor goes on by what the optimiser remembers of it.
   *
   * @param weights by name
   * @param gradients by the same names, of the same shapes
   * @param rates the learning rate of each weight and, where it has one of its own, its decay
   */
  apply(
    weights: ReadonlyMap<string, Variable>,
    gradients: Readonly<Record<string, Tensor | null | undefined>>,
    rates: (name: string) => { rate: number; weightDecay?: number },
  ): void {
    for (const [name, weight] of weights) {
      const gradient = gradients[name];
      if (!gradient) continue;
      const previous = this.#slots.get(name) ?? {};
      const count = (this.#counts.get(name) ?? 0) + 1;
      const { rate, weightDecay = this.#rule.weightDecay } = rates(name);
      const next = tf.tidy(() => {
        const step = { weight, gradient, slots: previous, rate, weightDecay, count };
        const { weight: moved, slots } = this.#rule.update(step);
        weight.assign(moved);
        for (const slot of Object.values(slots)) tf.keep(slot);
        return slots;
      });
      for (const slot of Object.values(previous)) slot.dispose();
      this.#slots.set(name, next);
      this.#counts.set(name, count);
    }
  }

  /** All that going on depends on. Empty before the first step. */
  state(): Slots {
    const state: Record<string, Record<string, HostTensor>> = {};
    for (const [name, slots] of this.#slots) {
      for (const [slot, values] of Object.entries(slots)) {
        state[slot] ??= {};
        state[slot][name] = tensor(values.dataSync() as Float32Array, values.shape);
      }
      if (!this.#rule.countsSteps) continue;
      state[counts] ??= {};
      state[counts][name] = tensor(Int32Array.of(this.#counts.get(name) ?? 0), []);
    }
    return state;
  }

  /** Takes over what `state` returned, in place of what it had. */
  restore(state: Slots): void {
    this.dispose();
    for (const [slot, tensors] of Object.entries(state)) {
      for (const [name, { data, shape }] of Object.entries(tensors)) {
        if (slot === counts) this.#counts.set(name, data[0]);
        else {
          const kept = tf.keep(tf.tensor(data as Float32Array, [...shape]));
          this.#slots.set(name, { ...this.#slots.get(name), [slot]: kept });
        }
      }
    }
  }

  dispose(): void {
    for (const slots of this.#slots.values()) for (const slot of Object.values(slots)) slot.dispose();
    this.#slots.clear();
    this.#counts.clear();
  }
}
