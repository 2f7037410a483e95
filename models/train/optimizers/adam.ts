import type { Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineKind } from '../../../src/core/kind.ts';
import { tf } from '../../tf.ts';
import type { Update, UpdateRule } from './optimizer.ts';

const decayRate = z.number().min(0).lt(1);

/** The options of Adam and its like, with torch's defaults. */
export const adamOptions = {
  beta1: decayRate.default(0.9),
  beta2: decayRate.default(0.999),
  epsilon: z.number().positive().default(1e-8),
};

/** Adam (Kingma & Ba 2015) in torch.optim.Adam's arithmetic: weight decay is added to the gradient. */
export const adam = defineKind({
  kind: 'adam',
  title: 'Adam; weight decay added to the gradient',
  options: () => z.strictObject({ ...adamOptions, weightDecay: z.number().min(0).default(0) }),
  make: (options): UpdateRule => ({
    ...{ weightDecay: options.weightDecay, countsSteps: true },
    update: (step) =>
      adamStep(step, step.weight, tf.add(step.gradient, tf.mul(step.weight, step.weightDecay)), options),
  }),
});

/** Moves `weight` by the averages of the gradient and of its square, both freed of their start at zero. */
export function adamStep(
  { slots, rate, count }: Update,
  weight: Tensor,
  gradient: Tensor,
  { beta1, beta2, epsilon }: { beta1: number; beta2: number; epsilon: number },
): ReturnType<UpdateRule['update']> {
  const average = (previous: Tensor | undefined, latest: Tensor, beta: number) => {
    const share = tf.mul(latest, 1 - beta);
    return previous ? tf.add(tf.mul(previous, beta), share) : share;
  };
  const mean = average(slots.mean, gradient, beta1);
  const square = average(slots.square, tf.square(gradient), beta2);
  const root = tf.div(tf.sqrt(square), Math.sqrt(1 - beta2 ** count));
  const move = tf.mul(tf.div(mean, tf.add(root, epsilon)), rate / (1 - beta1 ** count));
  return { weight: tf.sub(weight, move), slots: { mean, square } };
}
