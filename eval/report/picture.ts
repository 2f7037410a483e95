import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import type { JpegEncoder, ReportAttention } from './data.ts';

/** Thumbnails are this wide, twice what the page shows, for sharp screens. */
const thumbnailWidth = 360;

/** Dark violet through red to pale yellow: RGB stops at equal distances. */
const heat = [
  [13, 8, 60],
  [122, 28, 109],
  [219, 70, 60],
  [251, 165, 40],
  [252, 250, 180],
] as const;

function heatColour(value: number): [number, number, number] {
  const place = Math.min(Math.max(value, 0), 1) * (heat.length - 1);
  const index = Math.min(Math.floor(place), heat.length - 2);
  const [low, high, share] = [heat[index], heat[index + 1], place - index];
  return [0, 1, 2].map((c) => low[c] + (high[c] - low[c]) * share) as [number, number, number];
}

/** The image at thumbnail size, never enlarged. */
export function thumbnail(image: RgbImage): RgbImage {
  const width = Math.min(image.width, thumbnailWidth);
  return resizeBilinear(image, width, Math.max(1, Math.round((image.height * width) / image.width)));
}

/** The image as a `data:` address of a JPEG. */
export async function dataUrl(image: RgbImage, encodeJpeg: JpegEncoder): Promise<string> {
  return `data:image/jpeg;base64,${Buffer.from(await encodeJpeg(image, 82)).toString('base64')}`;
}

/**
 * Lays an attention map over an image as a glow: the map is stretched over the image and, because sigmoid maps may
 * differ little over a frame, from its own lowest to its own highest value.
 */
export function overlayAttention(image: RgbImage, map: ReportAttention['map']): RgbImage {
  const [low, high] = attentionRange(map);
  const grey = new Uint8Array(map.data.length * 3);
  for (let i = 0; i < map.data.length; i++) {
    grey.fill(Math.round(((map.data[i] - low) / (high - low || 1)) * 255), i * 3, i * 3 + 3);
  }
  const { width, height } = image;
  const stretched = resizeBilinear({ width: map.width, height: map.height, data: grey }, width, height).data;
  const data = new Uint8Array(image.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const value = stretched[i] / 255;
    const colour = heatColour(value);
    const share = 0.45 + 0.2 * value;
    for (let c = 0; c < 3; c++) data[i + c] = image.data[i + c] * (1 - share) + colour[c] * share;
  }
  return { width, height, data };
}

/** The lowest and the highest weight of a map. */
export function attentionRange(map: ReportAttention['map']): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of map.data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
