import { Rng } from '../../core/rng.ts';
import type { RgbImage } from '../../image/image.ts';
import type { Annotation } from '../../node/mat-file.ts';
import { planScene, type VideoSize } from './scene.ts';

/** A drawn picture, and what is to be seen in it. */
export interface Picture {
  readonly image: RgbImage;
  readonly annotation: Annotation;
}

/**
 * Draws a picture of figures somewhere: frame 8 of a video of 16, so that those that move are on their way.
 *
 * @param codes the A2D code that each figure acts
 * @param seed of everything that is left to chance
 */
export function drawPicture(
  codes: readonly number[],
  { width, height }: Pick<VideoSize, 'width' | 'height'>,
  seed: string,
): Picture {
  const scene = planScene(codes, { width, height, frames: 16 }, new Rng(seed));
  return { image: scene.draw(8), annotation: scene.annotation() };
}
