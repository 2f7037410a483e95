/** What papers/001's four systems share. */
import { z } from 'zod';
import { logLoss } from '../train/losses/log.ts';
import { sgd } from '../train/optimizers/sgd.ts';
import { cosine } from '../train/schedules/cosine.ts';
import { type Stage, stage } from '../train/stage.ts';

/** The probability a detector starts at; null, the default, starts them near one half as the reference code does. */
export const priorProbability = z.number().gt(0).lt(1).nullable().default(null);

/** How papers/001 trains all of its models (section 2.2): no random crop, because it cuts actors off. */
export const perClassDetection: Stage = stage({
  ...{ name: 'training', epochs: 70, batch: 4, rate: 1e-5 },
  loss: logLoss(),
  optimizer: sgd({ momentum: 0.9, weightDecay: 4e-5 }),
  augment: ['rotate', 'blur', 'flip'],
});

/**
 * For the tiny presets, which start from random weights: the reports' rate assumes a pretrained backbone and
 * days of training.
 */
export const tinyDetection: Stage = {
  ...perClassDetection,
  ...{ epochs: 10, batch: 16, rate: 0.05 },
  loss: logLoss({ reduction: 'mean' }),
  schedule: cosine(),
  augment: ['flip'],
};
