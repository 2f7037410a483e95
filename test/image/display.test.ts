import { describe, expect, it } from 'vitest';
import { displayOf, displaySize, upright } from '../../src/image/display.ts';
import type { RgbImage } from '../../src/image/image.ts';

/** A picture whose pixels are letters: "abc/def" has two rows. */
function pictureOf(letters: string): RgbImage {
  const rows = letters.split('/');
  const data = Uint8Array.from(
    rows
      .join('')
      .split('')
      .flatMap((letter) => [letter.charCodeAt(0), letter.charCodeAt(0) + 100, 7]),
  );
  return { width: rows[0].length, height: rows.length, data };
}

function lettersOf({ width, data }: RgbImage): string {
  const letters = Array.from({ length: data.length / 3 }, (_, i) => String.fromCharCode(data[3 * i]));
  // All of a pixel moves along.
  expect([...data]).toEqual(
    letters.flatMap((letter) => [letter.charCodeAt(0), letter.charCodeAt(0) + 100, 7]),
  );
  return letters.map((letter, i) => (i > 0 && i % width === 0 ? `/${letter}` : letter)).join('');
}

const quarter = [0, 1, -1, 0];

describe('a picture', () => {
  it.each([
    ['upright', [1, 0, 0, 1], 'abc/def'],
    ['upright where nothing is said', [0, 0, 0, 0], 'abc/def'],
    ['turned a quarter clockwise', quarter, 'da/eb/fc'],
    ['turned by half', [-1, 0, 0, -1], 'fed/cba'],
    ['turned a quarter counterclockwise', [0, -1, 1, 0], 'cf/be/ad'],
    ['mirrored left to right', [-1, 0, 0, 1], 'cba/fed'],
    ['mirrored upside down', [1, 0, 0, -1], 'def/abc'],
    ['mirrored over the diagonal', [0, 1, 1, 0], 'ad/be/cf'],
    ['mirrored over the other diagonal', [0, -1, -1, 0], 'fc/eb/da'],
    ['in the fixed point of MP4', [0, 65536, -65536, 0], 'da/eb/fc'],
    ['turned by a little', [0.9, 0.4, -0.4, 0.9], 'abc/def'],
    ['turned by nearly a quarter', [0.4, 0.9, -0.9, 0.4], 'da/eb/fc'],
    ['turned by nearly a quarter more than half', [-0.4, -0.9, 0.9, -0.4], 'cf/be/ad'],
    ['turned by just an eighth', [1, 1, -1, 1], 'abc/def'],
    ['mirrored and turned by a little', [-0.9, 0.4, 0.4, 0.9], 'cba/fed'],
  ])('is shown %s', (_, matrix, expected) => {
    const display = displayOf(matrix, 1);
    const shown = upright(pictureOf('abc/def'), display);
    expect(lettersOf(shown)).toBe(expected);
    expect({ width: shown.width, height: shown.height }).toEqual(displaySize(3, 2, display));
    expect(shown.height).toBe(expected.split('/').length);
  });

  it('is the same object where nothing is to be turned, and another in a mirror', () => {
    const picture = pictureOf('aba/aba');
    expect(upright(picture, displayOf([1, 0, 0, 1], 2))).toBe(picture);
    expect(upright(picture, displayOf([-1, 0, 0, 1], 1))).not.toBe(picture);
    expect(upright(picture, displayOf([1, 0, 0, -1], 1))).not.toBe(picture);
  });
});

describe('displayOf', () => {
  it('says where the axes point, without negative zeros', () => {
    expect(displayOf([1, 0, 0, 1], 1)).toEqual({ xAxis: [1, 0], yAxis: [0, 1], pixelAspect: 1 });
    expect(displayOf(quarter, 1)).toEqual({ xAxis: [0, 1], yAxis: [-1, 0], pixelAspect: 1 });
    expect(displayOf([0, -1, -1, 0], 1)).toEqual({ xAxis: [0, -1], yAxis: [-1, 0], pixelAspect: 1 });
    expect(displayOf([-1, 0, 0, 1], 1)).toEqual({ xAxis: [-1, 0], yAxis: [0, 1], pixelAspect: 1 });
  });

  it.each([
    [640 / 639, 1],
    [0.9901, 1],
    [1.0099, 1],
    [1.01, 1.01],
    [0.98, 0.98],
    [64 / 45, 64 / 45],
    [8, 8],
    [1 / 8, 1 / 8],
  ])('takes pixels of %d for %d', (given, taken) => {
    expect(displayOf([1, 0, 0, 1], given).pixelAspect).toBe(taken);
  });

  it.each([0, -1, 8.01, 0.1249, Number.NaN, Number.POSITIVE_INFINITY])('refuses pixels of %d', (aspect) => {
    expect(() => displayOf([1, 0, 0, 1], aspect)).toThrow(
      `a video's pixels must be at most 8 times as wide as high, or as high as wide; received ${aspect}`,
    );
  });
});

describe('displaySize', () => {
  it.each([
    ['square pixels', [1, 0, 0, 1], 1, 720, 576],
    ['wide pixels', [1, 0, 0, 1], 16 / 15, 768, 576],
    ['high pixels', [1, 0, 0, 1], 8 / 9, 720, 648],
    ['wide pixels on their side', quarter, 16 / 15, 576, 768],
    ['high pixels on their side', quarter, 8 / 9, 648, 720],
    ['a mirror', [-1, 0, 0, 1], 16 / 15, 768, 576],
  ])('of 720×576 with %s', (_, matrix, aspect, width, height) => {
    expect(displaySize(720, 576, displayOf(matrix, aspect))).toEqual({ width, height });
  });

  it('is a whole number', () => {
    expect(displaySize(101, 77, displayOf([1, 0, 0, 1], 1.25))).toEqual({ width: 126, height: 77 });
    expect(displaySize(101, 77, displayOf([1, 0, 0, 1], 0.75))).toEqual({ width: 101, height: 103 });
  });
});
