import { z } from 'zod';
import { defineKind, type KindValue } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import type { Loss, NamedTensors } from './loss.ts';

/**
 * A loss at every step of outputs [N, steps, …], against the same targets; the steps' weighted mean. Weights are equal,
 * or rise with the step, t / steps, so that the first, which have seen little, count little (Ng et al. 2015).
 */
export const perStep = defineKind<z.ZodObject, Loss>({
  kind: 'per-step',
  title: 'a loss at each time step, with equal or rising weights',
  options: (inner) => z.strictObject({ loss: inner, weights: z.enum(['equal', 'rising']).default('rising') }),
  make(options, inner) {
    const { loss: value, weights } = options as { loss: KindValue; weights: 'equal' | 'rising' };
    const loss = inner(value);
    const at = (outputs: NamedTensors, step: number): NamedTensors =>
      Object.fromEntries(
        loss.outputs.map((name) => {
          const [samples, , ...rest] = outputs[name].shape;
          const zeros = rest.map(() => 0);
          const slice = tf.slice(outputs[name], [0, step, ...zeros], [samples, 1, ...rest]);
          return [name, tf.reshape(slice, [samples, ...rest])];
        }),
      );
    return {
      ...loss,
      of(outputs, targets) {
        const steps = outputs[loss.outputs[0]].shape[1] as number;
        const shares = Array.from({ length: steps }, (_, t) => (weights === 'equal' ? 1 : t + 1));
        const total = shares.reduce((left, right) => left + right);
        return tf.addN(shares.map((share, t) => tf.mul(loss.of(at(outputs, t), targets), share / total)));
      },
    };
  },
});
