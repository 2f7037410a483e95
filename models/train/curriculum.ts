import type { Recipe, SystemInput } from '../system.ts';

/**
 * The clip that an epoch trains on: the recipe's stage whose share of the epochs it falls into, or the system's own
 * input where the recipe has no curriculum or the stages have ended. Frames
 * are clips of one, which no stage shortens.
 *
 * @param epoch 1-based
 * @example epochClip(recipe, input, 1); // { frames: 4, speed: 2 }
 */
export function epochClip(
  recipe: Pick<Recipe, 'curriculum' | 'epochs'>,
  input: Pick<SystemInput, 'frames' | 'speed'>,
  epoch: number,
): { frames: number; speed: number } {
  const stage = recipe.curriculum?.find(({ until }) => epoch <= Math.round(until * recipe.epochs));
  const { frames, speed } = stage ?? input;
  // A system configured for shorter clips never trains on longer ones.
  return frames > input.frames ? { frames: input.frames, speed: input.speed } : { frames, speed };
}
