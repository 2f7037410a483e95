import { readFile } from 'node:fs/promises';
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

const text = (letters: string) => [...letters].map((letter) => letter.charCodeAt(0));
const big = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function joined(...parts: readonly Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function chunk(type: string, body: readonly number[]): number[] {
  const bytes = Uint8Array.from([...text(type), ...body]);
  return [...big(body.length), ...bytes, ...big(crc32(bytes))];
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
