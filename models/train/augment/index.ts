/** The loader's augmentations, in its order. To add one: a file here, a line in the list. */
import type { Rng } from '../../../src/core/rng.ts';
import type { Augmentation } from './augmentation.ts';
import { blur } from './blur.ts';
import { crop } from './crop.ts';
import { flip } from './flip.ts';
import { rotate } from './rotate.ts';
import { scale } from './scale.ts';
import type { Augmenter, Transform } from './transform.ts';

export type { Transform } from './transform.ts';

const augmenters: readonly Augmenter[] = [flip, scale, crop, rotate, blur];

/** The changes of one sample, in the order in which they apply. */
export function drawTransforms(names: readonly Augmentation[], rng: Rng, size: number): Transform[] {
  return augmenters
    .filter(({ name }) => names.includes(name))
    .flatMap((augmenter) => augmenter.draw(rng, size) ?? []);
}

/** Whether labels have to be read off the transformed label map. */
export function losesLabels(names: readonly Augmentation[]): boolean {
  return augmenters.some((augmenter) => augmenter.losesLabels && names.includes(augmenter.name));
}
