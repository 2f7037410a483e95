import { expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { resizeBilinear } from '../../src/image/resize.ts';
import { fc } from '../properties.ts';

const side = fc.integer({ min: 1, max: 16 });
const image: fc.Arbitrary<RgbImage> = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data) => ({ width, height, data })),
  );

/** Along one row of values: the mean of what lies under a triangle, as wide as the scale is large. */
function resizedRow(values: readonly number[], length: number): number[] {
  const scale = values.length / length;
  const reach = Math.max(scale, 1);
  return Array.from({ length }, (_, i) => {
    const weights = values.map((_, k) => Math.max(0, 1 - Math.abs(k + 0.5 - (i + 0.5) * scale) / reach));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return values.reduce((total, value, k) => total + (value * weights[k]) / sum, 0);
  });
}

const channelRows = ({ width, height, data }: RgbImage, channel: number) =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 3 + channel]),
  );
const turned = (rows: readonly (readonly number[])[]) => rows[0].map((_, x) => rows.map((row) => row[x]));

it('is the triangle filter, along rows and then along columns', () => {
  fc.assert(
    fc.property(image, side, side, (image, width, height) => {
      const resized = resizeBilinear(image, width, height);
      expect([resized.width, resized.height, resized.data.length]).toEqual([
        width,
        height,
        width * height * 3,
      ]);
      for (const channel of [0, 1, 2]) {
        const rows = channelRows(image, channel).map((row) => resizedRow(row, width));
        const expected = turned(turned(rows).map((column) => resizedRow(column, height))).flat();
        const differences = channelRows(resized, channel)
          .flat()
          .map((value, i) => Math.abs(value - expected[i]));
        // Half a level of rounding along rows, and another along columns.
        expect(Math.max(...differences)).toBeLessThan(1.01);
      }
    }),
  );
});

it('leaves the image as it was, and its values between the least and the greatest', () => {
  fc.assert(
    fc.property(image, side, side, (image, width, height) => {
      const before = image.data.slice();
      const { data } = resizeBilinear(image, width, height);
      expect(image.data).toEqual(before);
      expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.min(...before));
      expect(Math.max(...data)).toBeLessThanOrEqual(Math.max(...before));
    }),
  );
});

it('takes each channel alone, and each row where only the width changes', () => {
  fc.assert(
    fc.property(image, side, side, (image, width, height) => {
      const exchange = ({ data }: RgbImage) =>
        data.map((_, i) => data[3 * Math.floor(i / 3) + ((i + 1) % 3)]);
      const whole = resizeBilinear(image, width, height);
      expect(resizeBilinear({ ...image, data: exchange(image) }, width, height).data).toEqual(
        exchange(whole),
      );
      const wider = resizeBilinear(image, width, image.height).data;
      const rowLength = image.width * 3;
      for (let y = 0; y < image.height; y++) {
        const row = image.data.subarray(y * rowLength, (y + 1) * rowLength);
        const alone = resizeBilinear({ width: image.width, height: 1, data: row }, width, 1).data;
        expect(wider.subarray(y * width * 3, (y + 1) * width * 3)).toEqual(alone);
      }
    }),
  );
});

it('of a mirrored image is the mirrored image, within the rounding of its weights', () => {
  fc.assert(
    fc.property(image, side, side, (image, width, height) => {
      const mirrored = ({ width, height, data }: RgbImage): RgbImage => ({
        ...{ width, height },
        data: data.map((_, i) => {
          const [pixel, channel] = [Math.floor(i / 3), i % 3];
          const x = pixel % width;
          return data[(pixel - x + (width - 1 - x)) * 3 + channel];
        }),
      });
      const resized = mirrored(resizeBilinear(image, width, height)).data;
      const other = resizeBilinear(mirrored(image), width, height).data;
      expect(Math.max(...other.map((value, i) => Math.abs(value - resized[i])))).toBeLessThanOrEqual(1);
    }),
  );
});
