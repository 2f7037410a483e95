import { UserError } from '../src/core/errors.ts';
import { toSrgb } from '../src/image/colour-space.ts';
import { headLength, imageFormat } from '../src/image/file-format.ts';
import type { RgbImage } from '../src/image/image.ts';
import { ImageFault, unsupported } from '../src/image/image-fault.ts';
import { inspectImage } from '../src/image/inspect-image.ts';
import { mendJpeg } from '../src/image/jpeg-file.ts';

/**
 * An image file's pixels at its own size, decoded by the browser. JPEG, PNG, WebP and GIF come out byte for byte as in
 * Node; JPEG and WebP with colour profiles within a level; transparent ones within two or, where values are light
 * itself, six; CMYK and AVIF, whose colours are open to interpretation, only nearly.
 *
 * @param source any image that the browser reads
 * @param name how to call the file in an error
 * @throws UserError when the browser cannot decode it, it is animated or not supported, or a part of it is missing
 */
export async function decodeImage(source: Blob, name: string): Promise<RgbImage> {
  const inspected = await inspect(new Uint8Array(await source.arrayBuffer()), name);
  let bitmap: ImageBitmap;
  try {
    // As Node reads images: upright as EXIF says, colours in sRGB, transparency laid on black.
    bitmap = await createImageBitmap(new Blob([inspected.bytes]), {
      premultiplyAlpha: 'none',
      imageOrientation: 'from-image',
      colorSpaceConversion: inspected.space ? 'none' : 'default',
    });
  } catch (cause) {
    throw new UserError(`${name} cannot be decoded as an image`, {
      received: `${inspected.format.toUpperCase()} that this browser does not decode`,
      remedy: 'choose another file or save it again as PNG or JPEG',
      cause,
    });
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    // Transparency is laid on black here, but for colours that are converted first.
    alpha: inspected.space !== null,
    willReadFrequently: true,
  });
  if (!context) throw new Error('no 2-D canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, width, height).data;
  if (inspected.space) return toSrgb({ width, height, rgba }, inspected.space);
  return { width, height, data: withoutAlpha(rgba) };
}

/** Browsers decode truncated and damaged files and paint what is missing grey: that must not be classified. */
async function inspect(bytes: Uint8Array<ArrayBuffer>, name: string) {
  try {
    const inspected = await inspectImage(bytes);
    if (inspected.format === 'tiff' || inspected.format === 'svg') {
      throw unsupported(`${inspected.format.toUpperCase()} in a browser`, 'save it again as PNG or JPEG');
    }
    return { ...inspected, bytes: inspected.format === 'jpeg' ? new Uint8Array(mendJpeg(bytes)) : bytes };
  } catch (cause) {
    if (!(cause instanceof ImageFault)) throw cause;
    const rule = cause.truncated ? 'ends before its image does' : 'cannot be decoded as an image';
    throw new UserError(`${name} ${rule}`, { received: cause.received, remedy: cause.remedy, cause });
  }
}

/**
 * Whether a file is a picture, by its first bytes as in Node: neither its name nor the type that a system or a server
 * gives it counts. What is none is left to the video decoder.
 */
export async function isImageFile(source: Blob): Promise<boolean> {
  return imageFormat(new Uint8Array(await source.slice(0, headLength).arrayBuffer())) !== null;
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
