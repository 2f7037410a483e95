import { UserError } from '../src/core/errors.ts';
import type { RgbImage } from '../src/image/image.ts';

/**
 * An image file's pixels at its own size, decoded by the browser. JPEG, PNG, WebP and GIF (its first frame) come out
 * byte for byte as in Node, transparent ones within a level; CMYK and AVIF, whose colours are open to interpretation,
 * only nearly.
 *
 * @param source any image that the browser reads
 * @param name how to call the file in an error
 * @throws UserError when the browser cannot decode it, or its end is missing
 */
export async function decodeImage(source: Blob, name: string): Promise<RgbImage> {
  await checkComplete(source, name);
  let bitmap: ImageBitmap;
  try {
    // As Node reads images: upright as EXIF says, colours in sRGB, transparency laid on black.
    bitmap = await createImageBitmap(source, { premultiplyAlpha: 'none', imageOrientation: 'from-image' });
  } catch (cause) {
    throw new UserError(`${name} cannot be decoded as an image`, {
      received: source.type || 'a file of unknown type',
      remedy: 'choose another file or save it again as PNG or JPEG',
      cause,
    });
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    alpha: false,
    willReadFrequently: true,
  });
  if (!context) throw new Error('no 2-D canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, data: withoutAlpha(context.getImageData(0, 0, width, height).data) };
}

/** RGBA → RGB. */
export function withoutAlpha(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

/** Browsers decode truncated JPEG and PNG files and paint what is missing grey: that must not be classified. */
async function checkComplete(source: Blob, name: string): Promise<void> {
  const bytes = new Uint8Array(await source.arrayBuffer());
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
  const complete = isJpeg
    ? endsWith(bytes, [0xff, 0xd9])
    : isPng
      ? endsWith(bytes, [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])
      : true;
  if (complete) return;
  throw new UserError(`${name} ends before its image does`, {
    received: `${bytes.length} bytes without an end marker`,
    remedy: 'copy or download the file again',
  });
}

/** Whether `marker` occurs in `bytes`, looked for from the end: some cameras append data of their own. */
function endsWith(bytes: Uint8Array, marker: readonly number[]): boolean {
  for (let at = bytes.length - marker.length; at > 0; at--) {
    if (marker.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
