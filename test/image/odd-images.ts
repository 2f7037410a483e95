import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import type { RgbImage } from '../../src/image/image.ts';
import { encodeJpeg, encodePng } from '../../src/node/image-file.ts';
import { crc32 } from '../../src/weights/crc32.ts';

/** A smooth picture with many colours. */
function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set([(255 * x) / width, (255 * y) / height, 127 + 120 * Math.sin((x + y) / 9)], 3 * i);
  }
  return { width, height, data };
}

export const text = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));
export const big = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

export function joined(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function chunk(type: string, body: readonly number[]): number[] {
  const bytes = Uint8Array.from([...text(type), ...body]);
  return [...big(body.length), ...bytes, ...big(crc32(bytes))];
}

/** What littlecms makes of RGB triples in some spaces, and these as profiles: see the script beside it. */
export const goldenColours: {
  readonly values: number[];
  readonly spaces: Readonly<Record<string, number[]>>;
  readonly profiles: Readonly<Record<string, string>>;
  /** By two code points of ITU-T H.273. */
  readonly coded: Readonly<Record<string, number[]>>;
  /** Profiles in BT.2020's primaries with curves of every kind, and what littlecms makes of them. */
  readonly curves: Readonly<Record<string, { readonly profile: string; readonly srgb: number[] }>>;
} = JSON.parse(readFileSync(new URL('../golden/image-colour.json', import.meta.url), 'utf8'));

/** A PNG's chunk of a profile, by the golden one's name, or of other bytes. */
export function profileChunk(profile: string | Uint8Array): number[] {
  const bytes =
    typeof profile === 'string' ? Buffer.from(goldenColours.profiles[profile], 'base64') : profile;
  return chunk('iCCP', [...text('x\0\0'), ...deflateSync(bytes)]);
}

/** A PNG of one row. @param kind 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA */
export function pngRow(
  values: readonly number[],
  { depth, kind }: { readonly depth: 8 | 16; readonly kind: 0 | 2 | 4 | 6 },
  ...chunks: readonly number[][]
): Uint8Array {
  const channels = { 0: 1, 2: 3, 4: 2, 6: 4 }[kind];
  const row = values.flatMap((value) => (depth === 16 ? [value, value] : value));
  const header = [...big(values.length / channels), ...big(1), depth, kind, 0, 0, 0];
  const data = chunk('IDAT', [...deflateSync(Uint8Array.from([0, ...row]))]);
  return joined([0x89, ...text('PNG\r\n\x1a\n')], chunk('IHDR', header), ...chunks, data, chunk('IEND', []));
}

/** A profile of grey values: a power of them is light. */
export function greyProfile(gamma: number): Uint8Array {
  const curve = [...text('para'), ...big(0), ...big(0), ...big(Math.round(gamma * 65536))];
  const white = [
    ...text('XYZ '),
    ...big(0),
    ...[0.9642, 1, 0.8249].flatMap((v) => big(Math.round(v * 65536))),
  ];
  const table = [
    ...big(2),
    ...text('wtpt'),
    ...big(156),
    ...big(20),
    ...text('kTRC'),
    ...big(176),
    ...big(16),
  ];
  const head = [...big(192), ...big(0), ...big(0x04300000), ...text('mntrGRAYXYZ '), ...new Uint8Array(12)];
  return joined(
    head,
    text('acsp'),
    new Uint8Array(28),
    white.slice(8),
    new Uint8Array(48),
    table,
    white,
    curve,
  );
}

const ramp = Array.from({ length: 64 }, (_, i) => 4 * i);

/** Transparent PNGs in colours of their own, which are read nearly alike: a canvas keeps fewer bits of such ones. */
export function transparentImages(): Record<string, Uint8Array> {
  const values = goldenColours.values.flatMap((v, i) => (i % 3 === 2 ? [v, (i * 29) % 256] : v));
  const gamma = chunk('gAMA', big(45_455));
  const srgbPoints = chunk('cHRM', srgb.flatMap(big));
  const [rgba8, rgba16] = [{ depth: 8, kind: 6 } as const, { depth: 16, kind: 6 } as const];
  return {
    'gamma.png': pngRow(values, rgba8, gamma),
    'gamma-and-srgb-points.png': pngRow(values, rgba8, gamma, srgbPoints),
    'srgb-with-gamma-and-points.png': pngRow(values, rgba8, chunk('sRGB', [0]), gamma, srgbPoints),
    'sixteen-bits-p3-profile.png': pngRow(values, rgba16, profileChunk('display-p3')),
    'adobe-profile.png': pngRow(values, rgba8, profileChunk('adobe-rgb')),
    'grey-profile.png': pngRow(
      ramp.flatMap((v, i) => [v, (i * 29) % 256]),
      { depth: 8, kind: 4 },
      profileChunk(greyProfile(1.8)),
    ),
  };
}

/** Where a JPEG's first marker of a kind begins. */
const markerAt = (jpeg: Uint8Array, kind: number) =>
  jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === kind);

const srgb = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000];
const p3 = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000];

/** Files that ought to be read, by name. */
export async function readableImages(): Promise<Record<string, Uint8Array>> {
  const image = picture(64, 48);
  const [png, jpeg] = [await encodePng(image), await encodeJpeg(image)];
  const withChunks = (...chunks: readonly number[][]) =>
    joined(png.subarray(0, 33), ...chunks, png.subarray(33));
  const gamma = (value: number) => chunk('gAMA', big(value));
  const [sos, dht] = [markerAt(jpeg, 0xda), markerAt(jpeg, 0xc4)];
  const scan = sos + 2 + jpeg[sos + 3];
  const exif = [...text('Exif\0\0'), ...jpeg.subarray(0, 5000)];
  return {
    'plain.png': png,
    'gamma-1.png': withChunks(gamma(100_000)),
    'gamma-0.45.png': withChunks(gamma(45_455)),
    'gamma-and-srgb-points.png': withChunks(gamma(45_455), chunk('cHRM', srgb.flatMap(big))),
    'gamma-and-p3-points.png': withChunks(gamma(45_455), chunk('cHRM', p3.flatMap(big))),
    'points-alone.png': withChunks(chunk('cHRM', p3.flatMap(big))),
    'srgb-over-gamma.png': withChunks(chunk('sRGB', [0]), gamma(100_000)),
    'coded-p3.png': withChunks(chunk('cICP', [12, 13, 0, 1])),
    'coded-bt2020.png': withChunks(chunk('cICP', [9, 13, 0, 1])),
    'sixteen-bits.png': pngRow(goldenColours.values, { depth: 16, kind: 2 }),
    ...Object.fromEntries(
      Object.keys(goldenColours.profiles).map((name) => [
        `sixteen-bits-${name}-profile.png`,
        pngRow(goldenColours.values, { depth: 16, kind: 2 }, profileChunk(name)),
      ]),
    ),
    'p3-profile.png': withChunks(profileChunk('display-p3')),
    'grey-with-profile.png': pngRow(ramp, { depth: 8, kind: 0 }, profileChunk(greyProfile(1))),
    'grey-of-16-bits-with-profile.png': pngRow(ramp, { depth: 16, kind: 0 }, profileChunk(greyProfile(2.2))),
    'grey-with-rgb-profile.png': pngRow(ramp, { depth: 8, kind: 0 }, profileChunk('adobe-rgb')),
    'rgb-with-grey-profile.png': withChunks(profileChunk(greyProfile(1))),
    'damaged-profile.png': withChunks(profileChunk(new Uint8Array(400))),
    'damaged-profile-beside-gamma.png': withChunks(gamma(100_000), profileChunk(new Uint8Array(400))),
    'undeflated-profile-beside-gamma.png': withChunks(gamma(100_000), chunk('iCCP', text('x\0\0nonsense'))),
    'plain.jpg': jpeg,
    'inks.cmyk.jpeg': await readFile(new URL('../golden/image-cmyk.jpg', import.meta.url)),
    'no-end.jpg': jpeg.subarray(0, -2),
    'stray-before-tables.jpg': joined(jpeg.subarray(0, dht), [1, 2, 3], jpeg.subarray(dht)),
    'stray-before-end.jpg': joined(jpeg.subarray(0, -2), [1, 2, 3], jpeg.subarray(-2)),
    'no-scan-parameters.jpg': joined(jpeg.subarray(0, scan - 3), [0, 0, 0], jpeg.subarray(scan)),
    'two-pictures.jpg': joined(jpeg, jpeg),
    'motion-photo.jpg': joined(jpeg, [0, 0, 0, 24], text('ftypmp42'), new Uint8Array(500)),
    'thumbnail.jpg': joined(
      [0xff, 0xd8, 0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255],
      exif,
      jpeg.subarray(2),
    ),
  };
}

/** Files that must be refused: what the error says of each. */
export async function refusedImages(): Promise<Record<string, readonly [Uint8Array, string]>> {
  const image = picture(64, 48);
  const [png, jpeg] = [await encodePng(image), await encodeJpeg(image)];
  const withChunks = (...chunks: readonly number[][]) =>
    joined(png.subarray(0, 33), ...chunks, png.subarray(33));
  const { 'thumbnail.jpg': thumbnail } = await readableImages();
  const gifFrame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
  const gifHead = [...text('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 255, 0];
  const riff = (...body: number[]) => joined(text('RIFF'), [body.length + 4, 0, 0, 0], text('WEBP'), body);
  const webpFrame = [...text('ANMF'), 2, 0, 0, 0, 0, 0];
  const tiff = (entries: readonly (readonly [tag: number, value: number])[], next = 0) =>
    joined(
      [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, entries.length],
      entries.flatMap(([tag, value]) => [
        tag >> 8,
        tag & 255,
        0,
        3,
        0,
        0,
        0,
        1,
        value >> 8,
        value & 255,
        0,
        0,
      ]),
      big(next),
    );
  const half = Math.floor(jpeg.length * 0.7);
  const tables = new Uint8Array(Buffer.from(goldenColours.profiles.linear, 'base64'));
  tables.set(text('Lab '), 20);
  const wrong = Uint8Array.from(jpeg);
  wrong[markerAt(jpeg, 0xc0) + 6] = 200;
  return {
    'animated.gif': [joined(gifHead, gifFrame, gifFrame, [0x3b]), 'an animated GIF'],
    'animated.webp': [riff(...webpFrame, ...webpFrame), 'an animated WebP'],
    'animated.png': [withChunks(chunk('acTL', [0, 0, 0, 2, 0, 0, 0, 0])), 'an animated PNG'],
    'animated.avif': [joined([0, 0, 0, 16], text('ftypavis'), [0, 0, 0, 0]), 'an animated AVIF'],
    'photo.heic': [joined([0, 0, 0, 20], text('ftypmif1'), [0, 0, 0, 0], text('heic')), 'HEIC'],
    'picture.bmp': [joined(text('BM'), [1, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]), 'BMP'],
    'picture.jxl': [joined([0xff, 0x0a], new Uint8Array(50)), 'JPEG XL'],
    'pq.png': [withChunks(chunk('cICP', [9, 16, 0, 1])), 'high dynamic range (PQ)'],
    'hlg.png': [withChunks(chunk('cICP', [9, 18, 0, 1])), 'high dynamic range (HLG)'],
    'tables.png': [
      pngRow(goldenColours.values, { depth: 16, kind: 2 }, profileChunk(tables)),
      'a picture of more than 8 bits with a colour profile made of tables',
    ],
    'ycbcr.tiff': [tiff([[262, 6]]), 'a TIFF in YCbCr'],
    'float.tiff': [
      tiff([
        [258, 32],
        [262, 1],
        [339, 3],
      ]),
      'a TIFF of 32-bit floating point',
    ],
    'lab.tiff': [tiff([[262, 8]]), 'a TIFF in CIE L*a*b*'],
    'raw.tiff': [
      tiff([
        [254, 1],
        [262, 2],
      ]),
      'raw data of a camera',
    ],
    'pages.tiff': [joined(tiff([[262, 2]], 26), tiff([[262, 2]]).subarray(8)), 'a TIFF of 2 pages'],
    'half.jpg': [jpeg.subarray(0, half), 'of 48 rows ('],
    'half-with-end.jpg': [joined(jpeg.subarray(0, half), [0xff, 0xd9]), 'of 48 rows ('],
    'half-with-thumbnail.jpg': [thumbnail.subarray(0, -Math.floor(jpeg.length * 0.3)), 'of 48 rows'],
    'header.jpg': [jpeg.subarray(0, 100), 'ends before its picture begins'],
    'taller-than-its-data.jpg': [wrong, 'of 200 rows'],
    'half.png': [png.subarray(0, png.length / 2), 'and no end'],
  };
}
