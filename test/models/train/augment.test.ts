import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { augmentations } from '../../../models/train/augment/augmentation.ts';
import { blurImage } from '../../../models/train/augment/blur.ts';
import { crop } from '../../../models/train/augment/crop.ts';
import { drawTransforms, losesLabels } from '../../../models/train/augment/index.ts';
import { rotateImage, rotateLabels } from '../../../models/train/augment/rotate.ts';
import type { LabelMap } from '../../../src/core/label-map.ts';
import { Rng } from '../../../src/core/rng.ts';
import type { RgbImage } from '../../../src/image/image.ts';

// OpenCV's answers: test/golden/training.py.
const golden = JSON.parse(readFileSync(new URL('../../golden/training.json', import.meta.url), 'utf8'));
const picture: RgbImage = { width: 12, height: 9, data: Uint8Array.from(golden.image) };

function largestDifference(image: RgbImage, wanted: readonly number[]): number {
  expect(image.data.length).toBe(wanted.length);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - image.data[i])), 0);
}

/** Draws until the augmentation applies: most do so for every second sample only. */
function drawn(name: (typeof augmentations)[number], size = 8) {
  for (let seed = 0; ; seed++) {
    const [transform] = drawTransforms([name], new Rng(seed), size);
    if (transform) return transform;
  }
}

describe('against OpenCV', () => {
  test.each(['0.25', '0.6'])('blur with σ %s rounds the exact result', (sigma) => {
    expect(largestDifference(blurImage(picture, Number(sigma)), golden.blur[sigma])).toBeLessThanOrEqual(
      0.501,
    );
  });

  test('rotation by 8° with a constant border', () => {
    // OpenCV interpolates at 1/32 pixel.
    expect(largestDifference(rotateImage(picture, 8), golden.rotated)).toBeLessThan(255 / 16);
    const mean =
      golden.rotated.reduce(
        (sum: number, value: number, i: number) => sum + Math.abs(value - rotateImage(picture, 8).data[i]),
        0,
      ) / golden.rotated.length;
    expect(mean).toBeLessThan(1.5);
  });
});

test('no blur and no turn change nothing', () => {
  expect(blurImage(picture, 0).data).toEqual(picture.data);
  expect(rotateImage(picture, 0).data).toEqual(picture.data);
});

test.each([
  ['wide', 1, 9],
  ['high', 9, 1],
])('a picture one pixel %s is blurred along its length', (_, width, height) => {
  // As each line of a picture in which all lines are this one.
  const line = picture.data.slice(0, 27);
  const thin = blurImage({ width, height, data: line }, 0.6).data;
  const data = Uint8Array.from({ length: 81 }, (_, i) =>
    width === 1 ? line[Math.floor(i / 9) * 3 + (i % 3)] : line[i % 27],
  );
  const thick = blurImage({ width: Math.max(3, width), height: Math.max(3, height), data }, 0.6).data;
  const middle = width === 1 ? thick.filter((_, i) => Math.floor(i / 3) % 3 === 1) : thick.slice(27, 54);
  expect(thin).toEqual(middle);
  expect(thin).not.toEqual(line);
});

describe('pictures and label maps change together', () => {
  // Codes as grey levels: every augmentation that only moves pixels must treat both alike. The square lies left of and
  // above the middle, so that nothing looks the same when it is turned about.
  const codes = Uint8Array.from({ length: 20 * 16 }, (_, i) =>
    i % 20 >= 4 && i % 20 < 12 && i >= 60 && i < 220 ? 200 : 0,
  );
  const map: LabelMap = { width: 20, height: 16, codes };
  const image: RgbImage = {
    width: 20,
    height: 16,
    data: Uint8Array.from({ length: codes.length * 3 }, (_, i) => codes[Math.floor(i / 3)]),
  };

  test('flip mirrors both, and twice is nothing', () => {
    const flip = drawn('flip');
    const flipped = flip.image(image);
    expect(Array.from(flip.labels(map).codes)).toEqual(
      Array.from({ length: codes.length }, (_, i) => flipped.data[i * 3]),
    );
    expect(flip.image(flip.image(picture)).data).toEqual(picture.data);
    expect(flip.image(picture).data.slice(0, 3)).toEqual(picture.data.slice(33, 36));
  });

  test.each([30, 8])('crop to %i pixels cuts or surrounds both at the same place', (size) => {
    for (let seed = 0; seed < 20; seed++) {
      const transform = crop.draw(new Rng(seed), size)!;
      const [cropped, labels] = [transform.image(image), transform.labels(map)];
      expect([cropped.width, cropped.height, labels.width, labels.height]).toEqual([size, size, size, size]);
      for (const [i, code] of labels.codes.entries()) expect(cropped.data[i * 3] === 200).toBe(code === 200);
      // A window larger than the picture holds all of it.
      if (size === 30) expect(labels.codes.filter((code) => code === 200)).toHaveLength(64);
    }
  });

  test('crop leaves nothing but the mean colour outside the picture', () => {
    const corner = crop.draw(new Rng(1), 200)!.image({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) });
    const colours = new Set(
      Array.from({ length: 200 * 200 }, (_, i) => corner.data.slice(i * 3, i * 3 + 3).join()),
    );
    expect([...colours].sort()).toEqual(['1,2,3', '124,117,104']);
  });

  test.each([
    ['in a window twice as large', 1, 2],
    ['of a picture half as large again', 3, 2],
    ['of a picture as large', 2, 2],
  ])('crop reaches every place %s', (_, extent, size) => {
    const places = new Set<string>();
    const pixels = { width: extent, height: extent };
    for (let seed = 0; seed < 60; seed++) {
      const labels = Uint8Array.from({ length: extent ** 2 }, (_, i) => i + 1);
      places.add(`${crop.draw(new Rng(seed), size)!.labels({ ...pixels, codes: labels }).codes}`);
    }
    const expected: Record<number, string[]> = {
      1: ['0,0,0,1', '0,0,1,0', '0,1,0,0', '1,0,0,0'],
      2: ['1,2,3,4'],
      3: ['1,2,4,5', '2,3,5,6', '4,5,7,8', '5,6,8,9'],
    };
    expect([...places].sort()).toEqual(expected[extent]);
  });

  test('a small window can lose labels', () => {
    const counts = Array.from(
      { length: 60 },
      (_, seed) =>
        crop
          .draw(new Rng(seed), 6)!
          .labels(map)
          .codes.filter((code) => code === 200).length,
    );
    expect(counts).toContain(0);
    expect(Math.max(...counts)).toBeGreaterThan(20);
  });

  test('rotation moves both the same way', () => {
    const [turned, labels] = [rotateImage(image, 10), rotateLabels(map, 10)];
    let differing = 0;
    labels.codes.forEach((code, i) => {
      const outside = turned.data[i * 3] === 124;
      if (!outside && turned.data[i * 3] > 100 !== (code === 200)) differing++;
    });
    // Bilinear and nearest may differ along the edge of the square, which is 32 pixels long.
    expect(differing).toBeLessThan(16);
  });

  test.each([0, 19])('a turn brings nothing in from the other side: an edge at column %i', (edge) => {
    const edges = Uint8Array.from({ length: 20 * 16 }, (_, i) => (i % 20 === edge ? 79 : 0));
    for (const degrees of [-10, 10]) {
      const turned = rotateLabels({ width: 20, height: 16, codes: edges }, degrees).codes;
      expect(turned.filter((code, i) => code === 79 && Math.abs((i % 20) - edge) > 9)).toHaveLength(0);
      expect(turned.filter((code) => code === 79).length).toBeGreaterThan(5);
    }
  });

  test('a quarter turn goes counter-clockwise, of both', () => {
    const corner = { width: 3, height: 3, codes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    expect([...rotateLabels(corner, 90).codes]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    const grey = Uint8Array.from(corner.codes, (_, i) => i + 1);
    const data = Uint8Array.from({ length: 27 }, (_, i) => grey[Math.floor(i / 3)]);
    const turned = rotateImage({ width: 3, height: 3, data }, 90).data;
    expect(turned.filter((_, i) => i % 3 === 0)).toEqual(Uint8Array.of(3, 6, 9, 2, 5, 8, 1, 4, 7));
  });

  test('scale resizes both by one factor, between a half and two', () => {
    for (let seed = 0; seed < 20; seed++) {
      const [scale] = drawTransforms(['scale'], new Rng(seed), 8);
      const [scaled, labels] = [scale.image(image), scale.labels(map)];
      expect([labels.width, labels.height]).toEqual([scaled.width, scaled.height]);
      expect(scaled.width).toBeGreaterThanOrEqual(10);
      expect(scaled.width).toBeLessThanOrEqual(40);
      expect(new Set(labels.codes)).toEqual(new Set([0, 200]));
    }
  });
});

test('a scaled label map has at every pixel the label that its centre lies in', () => {
  const map: LabelMap = { width: 5, height: 4, codes: Uint8Array.from({ length: 20 }, (_, i) => i + 1) };
  const within = (centre: number, extent: number) => {
    let pixel = 0;
    while ((pixel + 1) / extent <= centre) pixel++;
    return pixel;
  };
  const sizes = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const { width, height, codes } = drawTransforms(['scale'], new Rng(seed), 8)[0].labels(map);
    sizes.add(`${width} × ${height}`);
    const expected = Array.from({ length: width * height }, (_, i) => {
      const row = within((Math.floor(i / width) + 0.5) / height, 4);
      return row * 5 + within(((i % width) + 0.5) / width, 5) + 1;
    });
    expect([...codes]).toEqual(expected);
  }
  expect(sizes.size).toBeGreaterThan(5);
});

test('the same seed draws the same changes, in the order of the loader', () => {
  const draw = (seed: string) =>
    drawTransforms(augmentations, new Rng(seed), 10).reduce((image, t) => t.image(image), picture);
  expect(draw('7/3/v/1').data).toEqual(draw('7/3/v/1').data);
  const seen = new Set(Array.from({ length: 10 }, (_, i) => draw(`7/${i}/v/1`).data.join()));
  expect(seen.size).toBe(10);
});

test('only what moves actors out of the picture asks for the label map', () => {
  expect(augmentations.filter((name) => losesLabels([name])).sort()).toEqual(['crop', 'rotate']);
});
