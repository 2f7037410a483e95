import type { RgbImage } from '../../../src/image/image.ts';
import type { Augmenter } from './transform.ts';

/** A Gaussian of 5×5 pixels and σ up to 0.6, for every second sample. */
export const blur: Augmenter = {
  name: 'blur',
  losesLabels: false,
  draw(rng) {
    if (!rng.chance(0.5)) return null;
    const sigma = rng.uniform(0, 0.6);
    return { image: (image) => blurImage(image, sigma), labels: (map) => map };
  },
};

/**
 * Blurs with a 5×5 Gaussian, as OpenCV's GaussianBlur: pixels beyond an edge mirror those before it, the edge
 * itself once.
 *
 * @param sigma pixels, ≥ 0; 0 leaves the picture as it is
 */
export function blurImage(image: RgbImage, sigma: number): RgbImage {
  const side = Math.exp(-1 / (2 * sigma * sigma));
  const far = Math.exp(-4 / (2 * sigma * sigma));
  const sum = 1 + 2 * side + 2 * far;
  const taps = [far / sum, side / sum, 1 / sum, side / sum, far / sum];
  const { width, height, data } = image;
  const across = new Float32Array(data.length);
  const blurred = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      for (let k = 0; k < 5; k++) {
        const from = (y * width + mirrored(x + k - 2, width)) * 3;
        for (let c = 0; c < 3; c++) across[at + c] += taps[k] * data[from + c];
      }
    }
  }
  for (let y = 0; y < height; y++) {
    const rows = taps.map((_, k) => mirrored(y + k - 2, height) * width * 3);
    for (let i = 0, at = y * width * 3; i < width * 3; i++, at++) {
      let value = 0.5;
      for (let k = 0; k < 5; k++) value += taps[k] * across[rows[k] + i];
      blurred[at] = value;
    }
  }
  return { width, height, data: blurred };
}

function mirrored(position: number, extent: number): number {
  if (extent === 1) return 0;
  const period = 2 * (extent - 1);
  const folded = ((position % period) + period) % period;
  return folded < extent ? folded : period - folded;
}
