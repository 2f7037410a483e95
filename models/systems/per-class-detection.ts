/** What papers/001's four systems share. */
import { z } from 'zod';
import type { Recipe } from '../system.ts';

/** The probability a detector starts at; null, the default, starts them near one half as the reference code does. */
export const priorProbability = z.number().gt(0).lt(1).nullable().default(null);

/** How papers/001 trains all of its models (section 2.2): no random crop, because it cuts actors off. */
export const perClassDetectionRecipe: Recipe = {
  loss: 'log',
  reduction: 'sum',
  learningRate: 1e-5,
  schedule: 'constant',
  momentum: 0.9,
  weightDecay: 4e-5,
  epochs: 70,
  batch: 4,
  augment: ['rotate', 'blur', 'flip'],
};

/**
 * For the tiny presets, which start from random weights: the reports' rate assumes a pretrained backbone and
 * days of training.
 */
export const tinyRecipe = {
  reduction: 'mean',
  learningRate: 0.05,
  schedule: 'cosine',
  epochs: 10,
  batch: 16,
  augment: ['flip'],
} as const satisfies Partial<Recipe>;
