import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import type { UpdateRule } from './optimizer.ts';

/** RMSProp in torch.optim.RMSprop's arithmetic: epsilon is outside the root, momentum is of what is divided by it. */
export const rmsprop = defineKind({
  kind: 'rmsprop',
  title: 'RMSProp, with momentum or centred where asked for',
  options: () =>
    z.strictObject({
      alpha: z.number().min(0).lt(1).default(0.99),
      epsilon: z.number().positive().default(1e-8),
      momentum: z.number().min(0).lt(1).default(0),
      centered: z.boolean().default(false),
      weightDecay: z.number().min(0).default(0),
    }),
  make: ({ alpha, epsilon, momentum, centered, weightDecay }): UpdateRule => ({
    ...{ weightDecay, countsSteps: false },
    update({ weight, gradient, slots, rate, weightDecay }) {
      const decayed = tf.add(gradient, tf.mul(weight, weightDecay));
      const zero = tf.zerosLike(weight);
      const averaged = (previous = zero, latest = decayed) =>
        tf.add(tf.mul(previous, alpha), tf.mul(latest, 1 - alpha));
      const square = averaged(slots.square, tf.square(decayed));
      const mean = centered ? averaged(slots.mean) : undefined;
      const variance = mean ? tf.sub(square, tf.square(mean)) : square;
      const scaled = tf.div(decayed, tf.add(tf.sqrt(variance), epsilon));
      const velocity = momentum > 0 ? tf.add(tf.mul(slots.velocity ?? zero, momentum), scaled) : undefined;
      return {
        weight: tf.sub(weight, tf.mul(velocity ?? scaled, rate)),
        slots: { square, ...(mean && { mean }), ...(velocity && { velocity }) },
      };
    },
  }),
});
