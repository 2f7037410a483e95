import { type ColourSpace, codedColourSpace } from './colour-space.ts';
import { type ImageFormat, imageFormat, latin1, requireDecodable } from './file-format.ts';
import { damaged, truncated, unsupported } from './image-fault.ts';
import { boxesAt } from './iso-media.ts';
import { animated, inspectPng } from './png-file.ts';
import { inspectTiff } from './tiff-file.ts';

/** What is known of an image file without decoding it. */
export interface InspectedImage {
  readonly format: ImageFormat;
  /** What its decoded values, left as they are, must be converted from; null: the decoder sees to it, or it is sRGB. */
  readonly space: ColourSpace | null;
}

/**
 * Looks at an image file before a decoder does, the same way in Node and in browsers.
 *
 * @throws ImageFault for what is no image, for animations, for valid files that are not supported, and truncated ones
 */
export async function inspectImage(bytes: Uint8Array): Promise<InspectedImage> {
  const format = imageFormat(bytes);
  if (!format) throw damaged(bytes.length === 0 ? 'an empty file' : 'a file that is no image known here');
  requireDecodable(format);
  if (format === 'gif' && gifFrames(bytes) > 1) {
    throw animated('an animated GIF', 'ffmpeg -i picture.gif -pix_fmt yuv420p clip.webm');
  }
  if (format === 'webp') inspectWebp(bytes);
  if (format === 'tiff') inspectTiff(bytes);
  const space = format === 'png' ? await inspectPng(bytes) : format === 'avif' ? inspectAvif(bytes) : null;
  return { format, space };
}

/** Frames of a GIF, up to where its data end. */
function gifFrames(bytes: Uint8Array): number {
  const table = (flags: number) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10]);
  let frames = 0;
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x2c) {
      frames++;
      at += 11 + table(bytes[at + 9]);
    } else if (bytes[at] === 0x21) at += 2;
    else break;
    while (bytes[at] > 0) at += bytes[at] + 1;
    at++;
  }
  return frames;
}

function inspectWebp(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = bytes.length < 12 ? 12 : view.getUint32(4, true) + 8;
  let frames = 0;
  for (let at = 12; at + 8 <= Math.min(size, bytes.length); ) {
    if (latin1(bytes.subarray(at, at + 4)) === 'ANMF') frames++;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length & 1);
  }
  if (frames > 1) throw animated('an animated WebP', 'magick picture.webp clip.mp4');
  if (size > bytes.length) throw truncated(`a WebP with ${bytes.length} of ${size} bytes`);
}

function inspectAvif(bytes: Uint8Array): ColourSpace | null {
  if (/^avis/.test(latin1(bytes.subarray(8, 12))) || boxesAt(bytes, ['moov']).length > 0) {
    throw animated('an animated AVIF', 'ffmpeg -i picture.avif -pix_fmt yuv420p clip.mp4');
  }
  const colours = boxesAt(bytes, ['meta', 'iprp', 'ipco', 'colr']);
  if (boxesAt(bytes, ['meta']).length === 0)
    throw truncated(`an AVIF of ${bytes.length} bytes that ends in its header`);
  if (boxesAt(bytes, ['meta', 'iprp', 'ipco', 'hvcC']).length > 0) {
    throw unsupported('HEIC (HEIF coded as HEVC)', 'export it as JPEG or PNG');
  }
  const named = (kind: string) => colours.find((body) => latin1(body.subarray(0, 4)) === kind);
  const nclx = named('nclx');
  if (!nclx || nclx.length < 10) return null;
  const view = new DataView(nclx.buffer, nclx.byteOffset);
  const space = codedColourSpace(view.getUint16(4), view.getUint16(6));
  // A profile says more than the code points, and decoders obey it.
  return named('prof') || named('rICC') ? null : space;
}
