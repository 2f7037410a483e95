import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';

/** Longer sides are shrunk to this for showing, pixels. */
const shownSide = 960;

/** Of thumbnails, pixels: what the timeline shows on a screen with two pixels a CSS pixel. */
const thumbnailHeight = 108;

/**
 * A picture as JPEG files: one to look at, and a thumbnail.
 *
 * @param displayAspect width over height of the thumbnail
 */
export async function pictureFiles(
  image: RgbImage,
  displayAspect: number,
): Promise<{ picture: Blob; thumbnail: Blob }> {
  const scale = Math.min(1, shownSide / Math.max(image.width, image.height));
  const extent = (length: number) => Math.max(1, Math.round(length * scale));
  const { width, height, data } =
    scale < 1 ? resizeBilinear(image, extent(image.width), extent(image.height)) : image;
  const shown = canvasOf(width, height);
  const pixels = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    pixels.data[to] = data[from];
    pixels.data[to + 1] = data[from + 1];
    pixels.data[to + 2] = data[from + 2];
    pixels.data[to + 3] = 255;
  }
  shown.context.putImageData(pixels, 0, 0);
  // Panoramas and the like are cut by the timeline, and need not be kept whole.
  const thumbnailWidth = Math.round(thumbnailHeight * Math.min(Math.max(displayAspect, 0.2), 5));
  const small = canvasOf(thumbnailWidth, thumbnailHeight);
  small.context.imageSmoothingQuality = 'medium';
  small.context.drawImage(shown.canvas, 0, 0, thumbnailWidth, thumbnailHeight);
  const [picture, thumbnail] = await Promise.all(
    [shown, small].map(({ canvas }) => canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })),
  );
  return { picture, thumbnail };
}

function canvasOf(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('no 2-D canvas');
  return { canvas, context };
}
