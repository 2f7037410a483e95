import { describe, expect, it } from 'vitest';
import { headLength, type ImageFormat, imageFormat, requireDecodable } from '../../src/image/file-format.ts';
import { big, joined, text } from './odd-images.ts';

/** How files of each format begin, by the formats' own documents. */
const heads: [ImageFormat, string][] = [
  ['jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
  ['jpeg', '\xff\xd8\xff\xe1'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['webp', 'RIFF\x24\0\n\0WEBPVP8 '],
  ['tiff', 'II*\0\x08\0\0\0'],
  ['tiff', 'MM\0*\0\0\0\x08'],
  ['tiff', 'II+\0\x08\0\0\0'],
  ['tiff', 'MM\0+\0\x08\0\0'],
  ['svg', '<svg xmlns="http://www.w3.org/2000/svg">'],
  ['svg', '<?xml version="1.0"?>\n<svg>'],
  ['svg', '\xef\xbb\xbf\n  <!-- drawn by hand --><svg>'],
  ['svg', '<!DOCTYPE svg PUBLIC>'],
  ['bmp', 'BM\x36\x10\n\0\0\0\0\0\x36\0\0\0\x28\0\0\0'],
  ['ico', '\0\0\x01\0\x02\0\x10\x10\0\0\x01\0'],
  ['jxl', '\xff\n\xfa\x1f'],
  ['jxl', '\0\0\0\x0cJXL \r\n\x87\n'],
  ['jp2', '\xff\x4f\xff\x51\0\x2f'],
  ['jp2', '\0\0\0\x0cjP  \r\n\x87\n'],
  ['psd', '8BPS\0\x01'],
  ['netpbm', 'P6\n64 48\n255\n'],
  ['netpbm', 'P1 # a comment'],
  ['netpbm', 'P7\nWIDTH 3'],
  ['netpbm', 'Pf\n3 2\n-1.0\n'],
  ['netpbm', 'PF#\n'],
  ['openexr', 'v/1\x01\x02\0\0\0'],
  ['radiance', '#?RADIANCE\n'],
  ['radiance', '#?RGBE\n'],
  ['qoi', 'qoif\0\0'],
  ['dds', 'DDS \x7c\0\0\0'],
];

const ftyp = (size: number, ...brands: string[]) => joined(big(size), text('ftyp'), brands.flatMap(text));

describe('imageFormat', () => {
  it.each(heads)('is %s where a file begins with %j', (format, begin) => {
    expect(imageFormat(Uint8Array.from(text(begin)))).toBe(format);
    expect(imageFormat(joined(text(begin), new Uint8Array(1000)))).toBe(format);
    // Elsewhere it says nothing.
    expect(imageFormat(joined([1], text(begin)))).toBeNull();
    expect(imageFormat(Uint8Array.from(text(begin.slice(0, 1))))).toBeNull();
  });

  it.each([
    '\xff\xd8\xdb',
    '\x89PNG\n',
    'GIF88a',
    'RIFF\x24\0\n\0WAVEfmt ',
    'RIFF\x24\0\n\0AVI LIST',
    'II\0*',
    'MM*\0',
    '<html><svg>',
    'BMW is a car, not a picture',
    '\0\0\0\0\x02\0\x10\x10\0\0',
    '\0\0\x01\0\0\0\x10\x10\0\0',
    'P8\n',
    'P0\n',
    'P6x',
    '8BPSx',
    '#?RAD',
    'v/2',
    '\x1a\x45\xdf\xa3',
  ])('is not told by %j', (begin) => {
    expect(imageFormat(joined(text(begin), text('                    ')))).toBeNull();
  });

  it('is told by the first bytes alone', () => {
    expect(imageFormat(joined(new Uint8Array(headLength).fill(32), text('<svg>')))).toBeNull();
    expect(imageFormat(joined(new Uint8Array(headLength - 5).fill(32), text('<svg>')))).toBe('svg');
  });

  it.each([
    [ftyp(20, 'avif', '\0\0\0\0', 'mif1'), 'avif'],
    [ftyp(20, 'avis', '\0\0\0\0', 'msf1'), 'avif'],
    [ftyp(24, 'mif1', '\0\0\0\0', 'miaf', 'avif'), 'avif'],
    [ftyp(20, 'heic', '\0\0\0\0', 'mif1'), 'heic'],
    [ftyp(20, 'mif1', '\0\0\0\0', 'heic'), 'heic'],
    // What comes after the box says nothing of it.
    [ftyp(20, 'mif1', '\0\0\0\0', 'heic', 'avif'), 'heic'],
    [ftyp(400, 'mif1', '\0\0\0\0', 'avif'), 'avif'],
    [ftyp(20, 'isom', '\0\0\0\0', 'avc1'), null],
    [ftyp(20, 'mp42', '\0\0\0\0', 'avif'), null],
    [joined(big(20), text('free'), text('avif')), null],
    [ftyp(8), null],
  ])('of a container is told by its brands: %#', (bytes, format) => {
    expect(imageFormat(bytes)).toBe(format);
    // Wherever it lies in its buffer.
    expect(imageFormat(joined([0, 0, 0, 0, 0], bytes).subarray(5))).toBe(format);
  });
});

describe('requireDecodable', () => {
  it.each<ImageFormat>(['jpeg', 'png', 'gif', 'webp', 'avif', 'tiff', 'svg'])('lets %s pass', (format) => {
    expect(() => requireDecodable(format)).not.toThrow();
  });

  it.each<[ImageFormat, string, string]>([
    ['heic', 'HEIC (HEIF coded as HEVC)', 'heif-convert'],
    ['bmp', 'BMP', 'save it as PNG or JPEG (ffmpeg -i picture.bmp picture.png)'],
    ['ico', 'an icon (ICO)', 'save it as PNG or JPEG'],
    ['jxl', 'JPEG XL', 'djxl'],
    ['jp2', 'JPEG 2000', 'picture.jp2'],
    ['psd', 'a Photoshop document', 'save it as PNG or JPEG'],
    ['netpbm', 'PNM (PBM, PGM, PPM, PAM or PFM)', 'picture.ppm'],
    ['openexr', 'OpenEXR', 'tone-mapped'],
    ['radiance', 'Radiance HDR', 'tone-mapped'],
    ['qoi', 'QOI', 'picture.qoi'],
    ['dds', 'DDS', 'save it as PNG or JPEG'],
  ])('refuses %s by its name, with a way out', (format, name, remedy) => {
    expect(() => requireDecodable(format)).toThrow(
      expect.objectContaining({
        received: `${name}, which is not supported`,
        remedy: expect.stringContaining(remedy),
      }),
    );
  });
});
