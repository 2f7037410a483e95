import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import type { UpdateRule } from './optimizer.ts';

/**
 * Stochastic gradient descent in torch.optim.SGD's arithmetic: `g ← ∇ + weightDecay · w; v ← momentum · v + g;
 * w ← w − rate · v`, with Nesterov's momentum `w ← w − rate · (g + momentum · v)`.
 */
export const sgd = defineKind({
  kind: 'sgd',
  title: "stochastic gradient descent with momentum, or Nesterov's",
  options: () =>
    z.strictObject({
      momentum: z.number().min(0).lt(1).default(0),
      weightDecay: z.number().min(0).default(0),
      nesterov: z.boolean().default(false),
    }),
  make: ({ momentum, weightDecay, nesterov }): UpdateRule => ({
    ...{ weightDecay, countsSteps: false },
    update({ weight, gradient, slots, rate, weightDecay }) {
      const decayed = tf.add(gradient, tf.mul(weight, weightDecay));
      const velocity = slots.velocity ? tf.add(tf.mul(slots.velocity, momentum), decayed) : decayed;
      const direction = nesterov ? tf.add(decayed, tf.mul(velocity, momentum)) : velocity;
      return { weight: tf.sub(weight, tf.mul(direction, rate)), slots: { velocity } };
    },
  }),
});
