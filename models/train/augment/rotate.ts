import type { LabelMap } from '../../../src/core/label-map.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { type Augmenter, meanColour } from './transform.ts';

/** Turns every second sample about its centre by up to 10° either way; corners are filled with the mean colour. */
export const rotate: Augmenter = {
  name: 'rotate',
  losesLabels: true,
  draw(rng) {
    if (!rng.chance(0.5)) return null;
    const degrees = rng.uniform(-10, 10);
    return { image: (image) => rotateImage(image, degrees), labels: (map) => rotateLabels(map, degrees) };
  },
};

/** For every output pixel, where it comes from; positive angles turn counter-clockwise. */
function forEachSource(
  { width, height }: { width: number; height: number },
  degrees: number,
  visit: (x: number, y: number, at: number) => void,
): void {
  const [sine, cosine] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2];
  for (let row = 0, at = 0; row < height; row++) {
    const down = row - centreY;
    for (let column = 0; column < width; column++, at++) {
      const across = column - centreX;
      visit(centreX + cosine * across - sine * down, centreY + sine * across + cosine * down, at);
    }
  }
}

/** Rotates with bilinear interpolation, as OpenCV's warpAffine with a constant border. */
export function rotateImage(image: RgbImage, degrees: number): RgbImage {
  const { width, height, data } = image;
  const out = new Uint8Array(data.length);
  forEachSource(image, degrees, (x, y, at) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, bottom] = [x - left, y - top];
    for (let c = 0; c < 3; c++) {
      let value = 0.5;
      for (let corner = 0; corner < 4; corner++) {
        const [column, row] = [left + (corner & 1), top + (corner >> 1)];
        const weight = (corner & 1 ? right : 1 - right) * (corner >> 1 ? bottom : 1 - bottom);
        const inside = column >= 0 && column < width && row >= 0 && row < height;
        value += weight * (inside ? data[(row * width + column) * 3 + c] : meanColour[c]);
      }
      out[at * 3 + c] = value;
    }
  });
  return { width, height, data: out };
}

/** Rotates by nearest neighbour; what comes from outside is background. */
export function rotateLabels(map: LabelMap, degrees: number): LabelMap {
  const { width, height, codes } = map;
  const out = new Uint8Array(codes.length);
  forEachSource(map, degrees, (x, y, at) => {
    const [column, row] = [Math.round(x), Math.round(y)];
    // A row above or below the map lies outside its codes, and nothing is written as background.
    if (column >= 0 && column < width) out[at] = codes[row * width + column];
  });
  return { width, height, codes: out };
}
