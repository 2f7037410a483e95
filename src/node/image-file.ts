import { open, readFile } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { reasonOf, UserError } from '../core/errors.ts';
import { colourProfile, unsupportedProfile } from '../image/colour-profile.ts';
import { type ColourSpace, toSrgb } from '../image/colour-space.ts';
import { headLength, imageFormat } from '../image/file-format.ts';
import type { RgbImage } from '../image/image.ts';
import { ImageFault } from '../image/image-fault.ts';
import { type InspectedImage, inspectImage } from '../image/inspect-image.ts';
import { mendJpeg } from '../image/jpeg-file.ts';

// Many small images are read at once: one thread each is faster, and a cache by path would miss rewritten files.
sharp.concurrency(1);
sharp.cache(false);

/** Reads a file, with an error that names it. */
async function readSource(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error) => {
    throw unreadable(path, error);
  });
}

function unreadable(path: string, error: unknown): UserError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new UserError(missing ? `there is no file ${path}` : `cannot read ${path}`, {
    received: missing ? undefined : reasonOf(error),
    cause: error,
  });
}

/**
 * Whether a file holds a still picture, by its first bytes; anything else is left to ffmpeg.
 *
 * @throws UserError naming the file when it is missing or cannot be read
 */
export async function isImageFile(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headLength), 0, headLength, 0);
      return imageFormat(buffer.subarray(0, bytesRead)) !== null;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/**
 * Decodes an image (PNG, JPEG, WebP, AVIF, GIF, TIFF, SVG), upright as its EXIF orientation says (WebP's does not count,
 * as in Chromium), converted to sRGB from what it says of its colours, 8 bits a channel, transparency laid on black –
 * what an opaque browser canvas shows. The size is the image's own.
 *
 * @param source a path, or the encoded bytes
 * @param name what errors call the bytes
 * @throws UserError naming the file when it is missing, not an image, animated, not supported, corrupt or truncated
 */
export async function readImage(source: string | Uint8Array, name = 'the image'): Promise<RgbImage> {
  const label = typeof source === 'string' ? source : name;
  const bytes = typeof source === 'string' ? await readSource(source) : source;
  try {
    const inspected = await inspectImage(bytes);
    return await decode(bytes, inspected).catch(async (error) => {
      if (inspected.format !== 'jpeg' || error instanceof ImageFault) throw error;
      // What libjpeg only warns of may be harmless, or half a picture: read over it all, and be strict again.
      return decode(mendJpeg(bytes), inspected);
    });
  } catch (error) {
    throw new UserError(`cannot decode ${label}`, {
      received: error instanceof ImageFault ? error.received : sharpReason(error),
      remedy:
        error instanceof ImageFault
          ? error.remedy
          : 'the file is corrupt, truncated or of a kind that is not read: save it as PNG or JPEG, or get it again',
      cause: error,
    });
  }
}

async function decode(bytes: Uint8Array, inspected: InspectedImage): Promise<RgbImage> {
  const { format } = inspected;
  const metadata = await sharp(bytes, { failOn: 'warning' }).metadata();
  const space = inspected.space ?? (format === 'png' ? null : ownSpace(metadata));
  const opened = sharp(bytes, { failOn: 'warning', ignoreIcc: space !== null });
  const upright = format === 'webp' ? opened : opened.autoOrient();
  if (format === 'jpeg' && metadata.space === 'cmyk' && !metadata.hasProfile) return plainCmyk(upright);
  const inRgb = upright.toColourspace('srgb');
  const { data, info } = await (space ? inRgb.ensureAlpha() : inRgb.flatten({ background: '#000' }))
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const values = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return space ? toSrgb({ width, height, rgba: values }, space) : { width, height, data: values };
}

/**
 * The space of a profile that sharp does not obey: it ignores those of grey pictures, and is far off with 16 bits.
 * Null: sharp sees to it, or there is none that counts.
 */
function ownSpace({ icc, depth, space }: Metadata): ColourSpace | null {
  const isGrey = space === 'b-w' || space === 'grey16';
  const profile = icc ? colourProfile(icc) : null;
  if (!profile || (depth === 'uchar' && !isGrey)) return null;
  if (space === 'cmyk') throw unsupportedProfile(isGrey);
  if (!profile.fits(isGrey)) return null;
  if (!profile.space) throw unsupportedProfile(isGrey);
  return profile.space;
}

/** CMYK of no named press, as browsers and Pillow show it: each ink takes its share of the light, black of what is left. */
async function plainCmyk(opened: Sharp): Promise<RgbImage> {
  const { data, info } = await opened
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const rgb = new Uint8Array(info.width * info.height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const light = 255 - data[from + 3];
    for (let k = 0; k < 3; k++) rgb[to + k] = Math.round(((255 - data[from + k]) * light) / 255);
  }
  return { width: info.width, height: info.height, data: rgb };
}

/** The decoder's own words, which sharp puts last. */
function sharpReason(error: unknown): string {
  return reasonOf((error as Error).message.trim().split('\n').at(-1)).replace(/:$/, '');
}

/** The empty IEND chunk with its checksum: what every whole PNG ends with. */
const pngEnd = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

/** Whether a file is there and ends as a PNG must: finds missing and truncated frames without decoding them. */
export async function isCompletePng(path: string): Promise<boolean> {
  const handle = await open(path, 'r').catch(() => null);
  if (!handle) return false;
  try {
    const { size } = await handle.stat();
    if (size < pngEnd.length) return false;
    const { buffer } = await handle.read(Buffer.alloc(pngEnd.length), 0, pngEnd.length, size - pngEnd.length);
    return buffer.equals(pngEnd);
  } finally {
    await handle.close();
  }
}

function encoder({ data, width, height }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/**
 * Lossless PNG bytes. The same image gives the same bytes.
 *
 * @param compressionLevel zlib's, 0–9; 1 takes less than half of the time and a quarter more room
 */
export async function encodePng(image: RgbImage, compressionLevel = 6): Promise<Uint8Array> {
  return encoder(image).png({ compressionLevel }).toBuffer();
}

/** JPEG bytes, 4:2:0. @param quality 1–100 */
export async function encodeJpeg(image: RgbImage, quality = 85): Promise<Uint8Array> {
  return encoder(image).jpeg({ quality }).toBuffer();
}
