import type { LabelMap } from '../../../src/core/label-map.ts';
import { resizeBilinear } from '../../../src/image/resize.ts';
import type { Augmenter } from './transform.ts';

/** Resizes by a factor in [0.5, 2). Of use together with `crop`: the model's resize undoes it otherwise. */
export const scale: Augmenter = {
  name: 'scale',
  losesLabels: false,
  draw(rng) {
    const factor = rng.uniform(0.5, 2);
    // One pixel stays one: a half is rounded up.
    const scaled = (extent: number) => Math.round(extent * factor);
    return {
      image: (image) => resizeBilinear(image, scaled(image.width), scaled(image.height)),
      labels: (map) => resizeNearest(map, scaled(map.width), scaled(map.height)),
    };
  },
};

function resizeNearest({ width, height, codes }: LabelMap, toWidth: number, toHeight: number): LabelMap {
  const resized = new Uint8Array(toWidth * toHeight);
  for (let y = 0, at = 0; y < toHeight; y++) {
    const row = Math.floor(((y + 0.5) * height) / toHeight) * width;
    for (let x = 0; x < toWidth; x++, at++) {
      resized[at] = codes[row + Math.floor(((x + 0.5) * width) / toWidth)];
    }
  }
  return { width: toWidth, height: toHeight, codes: resized };
}
