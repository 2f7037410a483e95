import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { contactSheet } from '../../src/node/contact-sheet.ts';

function plain(width: number, height: number, colour: readonly [number, number, number]): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]) };
}

const pixel = ({ width, data }: RgbImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe('contactSheet', () => {
  const images = [plain(20, 10, [255, 0, 0]), plain(20, 10, [0, 255, 0]), plain(20, 10, [0, 0, 255])];

  it('lays images out in rows, on white', async () => {
    const sheet = await contactSheet(images, { columns: 2 });
    expect([sheet.width, sheet.height]).toEqual([8 + 2 * 28, 8 + 2 * 18]);
    expect(pixel(sheet, 8, 8)).toEqual([255, 0, 0]);
    expect(pixel(sheet, 8 + 28 + 19, 8 + 9)).toEqual([0, 255, 0]);
    expect(pixel(sheet, 8, 8 + 18)).toEqual([0, 0, 255]);
    for (const [x, y] of [
      [0, 0],
      [7, 7],
      [28, 8],
      [40, 30],
    ])
      expect(pixel(sheet, x, y)).toEqual([255, 255, 255]);
  });

  it('fits images into the cell without distorting them', async () => {
    const sheet = await contactSheet([plain(40, 10, [9, 9, 9])], {
      columns: 1,
      cell: { width: 20, height: 20 },
    });
    expect([sheet.width, sheet.height]).toEqual([36, 36]);
    expect(pixel(sheet, 18, 18)).toEqual([9, 9, 9]);
    expect(pixel(sheet, 18, 14)).toEqual([255, 255, 255]);
    expect(pixel(sheet, 18, 22)).toEqual([255, 255, 255]);
  });

  it('writes captions below the images, escaped and cut to the cell', async () => {
    const captions = ['a <b> & c', 'two\nlines', 'x'.repeat(500)];
    const wide = images.map(({ data }) => plain(120, 40, [data[0], data[1], data[2]]));
    const sheet = await contactSheet(wide, { columns: 3, captions });
    expect(sheet.height).toBe(8 + 40 + 2 * 16 + 4 + 8);
    const ink = (x0: number, x1: number, y0: number, y1: number) => {
      let dark = 0;
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (pixel(sheet, x, y)[0] < 128) dark++;
      return dark;
    };
    expect(ink(8, 128, 48, 64)).toBeGreaterThan(20);
    expect(ink(136, 256, 64, 82)).toBeGreaterThan(20);
    expect(ink(256, 264, 0, sheet.height), 'a long caption stays in its cell').toBe(0);
  });

  it('wants a caption for every image', async () => {
    await expect(contactSheet(images, { columns: 2, captions: ['one'] })).rejects.toThrow(
      '3 images needs as many captions, has 1',
    );
    await expect(contactSheet([], { columns: 2 })).rejects.toThrow('needs an image');
  });
});
