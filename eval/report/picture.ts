import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import type { JpegEncoder } from './data.ts';

/** Thumbnails are this wide, twice what the page shows, for sharp screens. */
const thumbnailWidth = 360;

/** The image at thumbnail size, never enlarged. */
export function thumbnail(image: RgbImage): RgbImage {
  const width = Math.min(image.width, thumbnailWidth);
  return resizeBilinear(image, width, Math.max(1, Math.round((image.height * width) / image.width)));
}

/** The image as a `data:` address of a JPEG. */
export async function dataUrl(image: RgbImage, encodeJpeg: JpegEncoder): Promise<string> {
  return `data:image/jpeg;base64,${Buffer.from(await encodeJpeg(image, 82)).toString('base64')}`;
}
