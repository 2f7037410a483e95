import type { Recipe } from '../system.ts';

/**
 * The learning rate of a step. 'cosine' falls from the recipe's rate towards 0 over all steps, as
 * torch's CosineAnnealingLR stepped once a batch (Loshchilov & Hutter 2017, without restarts).
 *
 * @param step steps made before this one, 0 … steps − 1
 * @param steps steps in the whole run
 */
export function learningRateAt(
  recipe: Pick<Recipe, 'learningRate' | 'schedule'>,
  step: number,
  steps: number,
): number {
  if (recipe.schedule === 'constant') return recipe.learningRate;
  return (recipe.learningRate * (1 + Math.cos((Math.PI * step) / steps))) / 2;
}
