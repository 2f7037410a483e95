import { truncated, unsupported } from './image-fault.ts';

const asPng = 'save it as an 8-bit RGB PNG or TIFF';

/** Tags of TIFF 6.0. */
const tag = { subfile: 254, bits: 258, compression: 259, photometric: 262, sampleFormat: 339 };
const jpegCompressions = [6, 7];
const photometrics: Readonly<Record<number, string>> = {
  8: 'a TIFF in CIE L*a*b*',
  9: 'a TIFF in CIE L*a*b*',
  10: 'a TIFF in CIE L*a*b*',
  32803: 'raw data of a camera',
  34892: 'raw data of a camera',
  32844: 'a TIFF of high dynamic range (LogL)',
  32845: 'a TIFF of high dynamic range (LogLuv)',
};

/**
 * Refuses what TIFF decoders take for something else: YCbCr that is not JPEG inside, floating point and wide or signed
 * integers, whose white is anybody's guess, Lab, cameras' raw files, and several pages.
 *
 * @throws ImageFault with the reason
 */
export function inspectTiff(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[0] === 0x49;
  const isBig = view.getUint16(2, little) === 43;
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  try {
    let pages = 0;
    const seen = new Set<number>();
    for (let at = offset(isBig ? 8 : 4); at > 0 && !seen.has(at); ) {
      seen.add(at);
      const [count, start] = isBig ? [offset(at), at + 8] : [view.getUint16(at, little), at + 2];
      const entry = isBig ? 20 : 12;
      const tags = new Map<number, number>();
      for (let i = 0; i < count; i++) tags.set(view.getUint16(start + i * entry, little), start + i * entry);
      const value = (name: number) => {
        const from = tags.get(name);
        if (from === undefined) return undefined;
        const type = view.getUint16(from + 2, little);
        const length = offset(from + 4);
        const field = from + (isBig ? 12 : 8);
        const size = type === 3 ? 2 : 4;
        const place = length * size > (isBig ? 8 : 4) ? offset(field) : field;
        return size === 2 ? view.getUint16(place, little) : view.getUint32(place, little);
      };
      const isReduced = ((value(tag.subfile) ?? 0) & 1) === 1;
      if (isReduced && pages === 0)
        throw unsupported('raw data of a camera, or a TIFF that begins with a thumbnail', asPng);
      if (!isReduced && ++pages === 1) checkPage(value);
      at = offset(start + count * entry);
    }
    if (pages > 1) throw unsupported(`a TIFF of ${pages} pages`, 'save the page that counts as PNG');
  } catch (error) {
    if (error instanceof RangeError) throw truncated(`a TIFF of ${bytes.length} bytes without its directory`);
    throw error;
  }
}

function checkPage(value: (name: number) => number | undefined): void {
  const photometric = value(tag.photometric) ?? 1;
  const compression = value(tag.compression) ?? 1;
  if (photometric === 6 && !jpegCompressions.includes(compression)) {
    throw unsupported('a TIFF in YCbCr that is not compressed as JPEG', asPng);
  }
  if (photometric in photometrics) throw unsupported(photometrics[photometric], asPng);
  const [bits, form] = [value(tag.bits) ?? 1, value(tag.sampleFormat) ?? 1];
  if (form === 3) throw unsupported(`a TIFF of ${bits}-bit floating point`, `${asPng}, scaled to 0–255`);
  if (form === 2 || bits > 16) {
    throw unsupported(
      `a TIFF of ${bits}-bit${form === 2 ? ' signed' : ''} integers`,
      `${asPng}, scaled to 0–255`,
    );
  }
}
