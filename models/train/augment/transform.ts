import type { LabelMap } from '../../../src/core/label-map.ts';
import type { Rng } from '../../../src/core/rng.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import type { Augmentation } from './augmentation.ts';

/** One drawn change: the same for every frame of a clip, and for the key frame's label map. */
export interface Transform {
  image(image: RgbImage): RgbImage;
  labels(map: LabelMap): LabelMap;
}

/** A kind of change, drawn anew for every sample. */
export interface Augmenter {
  readonly name: Augmentation;
  /** Whether it moves labels out of the picture, so that a sample's labels have to be read off its map again. */
  readonly losesLabels: boolean;
  /** @param size the model's input size, pixels; null: this sample stays as it is */
  draw(rng: Rng, size: number): Transform | null;
}

/** ImageNet's mean colour, RGB: what fills the picture where there is none. */
export const meanColour = [124, 117, 104] as const;
