import { unsupported } from './image-fault.ts';

/** What a still picture can be stored as; only some of these are decoded (see `refusal`). */
export type ImageFormat =
  | 'jpeg'
  | 'png'
  | 'gif'
  | 'webp'
  | 'avif'
  | 'tiff'
  | 'svg'
  | 'heic'
  | 'bmp'
  | 'ico'
  | 'jxl'
  | 'jp2'
  | 'psd'
  | 'netpbm'
  | 'openexr'
  | 'radiance'
  | 'qoi'
  | 'dds';

/** So many leading bytes decide what a file is. */
export const headLength = 256;

/** The leading bytes of each format, as Latin-1 text. Containers that videos share are told apart by their brands. */
const heads: readonly (readonly [ImageFormat, RegExp])[] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF.{4}WEBP/s],
  ['tiff', /^(II\*\0|MM\0\*|II\+\0|MM\0\+)/],
  ['svg', /^(\xef\xbb\xbf)?\s*<(svg|\?xml|!--|!DOCTYPE svg)/],
  ['bmp', /^BM.{4}\0{4}.{5}\0{3}/s],
  ['ico', /^\0\0[^\0]\0[^\0]\0.{2}\0/s],
  ['jxl', /^(\xff\n|\0\0\0.JXL \r\n\x87\n)/],
  ['jp2', /^(\xff\x4f\xff\x51|\0\0\0.jP {2}\r\n\x87\n)/],
  ['psd', /^8BPS\0/],
  ['netpbm', /^P[1-7fF][\s#]/],
  ['openexr', /^v\/1/],
  ['radiance', /^#\?(RADIANCE|RGBE)/],
  ['qoi', /^qoif/],
  ['dds', /^DDS /],
];

const stillBrands = /^(avif|avis|heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|msf1|mif2|miaf|avci|vvic)$/;

/**
 * What kind of picture a file holds, by its first bytes alone, the same in Node and in browsers; neither its name nor
 * what a server or a system calls it counts. Null: no picture that is known here, so what is left is a video.
 *
 * @param head the first `headLength` bytes, or all of a shorter file
 */
export function imageFormat(head: Uint8Array): ImageFormat | null {
  const text = latin1(head.subarray(0, headLength));
  const known = heads.find(([, pattern]) => pattern.test(text));
  if (known) return known[0];
  if (text.slice(4, 8) !== 'ftyp' || !stillBrands.test(text.slice(8, 12))) return null;
  // `mif1` says only "an image": the brands that follow say how it is coded.
  const size = new DataView(head.buffer, head.byteOffset).getUint32(0);
  const brands = text.slice(8, Math.min(size, text.length));
  return /avi[fs]/.test(brands) ? 'avif' : 'heic';
}

/** Bytes as text, one character a byte. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

const asPng = 'save it as PNG or JPEG';

/** Formats that are whole and valid, and not decoded here: what a person calls them, and a way out. */
const refused: Partial<Record<ImageFormat, readonly [name: string, remedy: string]>> = {
  heic: [
    'HEIC (HEIF coded as HEVC)',
    'export it as JPEG or PNG (heif-convert photo.heic photo.png; an iPhone: Settings, Camera, Formats, Most Compatible)',
  ],
  bmp: ['BMP', `${asPng} (ffmpeg -i picture.bmp picture.png)`],
  ico: ['an icon (ICO)', asPng],
  jxl: ['JPEG XL', `${asPng} (djxl picture.jxl picture.png)`],
  jp2: ['JPEG 2000', `${asPng} (ffmpeg -i picture.jp2 picture.png)`],
  psd: ['a Photoshop document', asPng],
  netpbm: ['PNM (PBM, PGM, PPM, PAM or PFM)', `${asPng} (ffmpeg -i picture.ppm picture.png)`],
  openexr: ['OpenEXR', `${asPng}, tone-mapped as you see fit`],
  radiance: ['Radiance HDR', `${asPng}, tone-mapped as you see fit`],
  qoi: ['QOI', `${asPng} (ffmpeg -i picture.qoi picture.png)`],
  dds: ['DDS', asPng],
};

/** @throws ImageFault when the format is valid but not decoded anywhere here */
export function requireDecodable(format: ImageFormat): void {
  const entry = refused[format];
  if (entry) throw unsupported(...entry);
}
