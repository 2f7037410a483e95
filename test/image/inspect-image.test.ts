import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFormat } from '../../src/image/file-format.ts';
import { mendJpeg } from '../../src/image/jpeg-file.ts';
import { readImage } from '../../src/node/image-file.ts';
import { readableImages, refusedImages } from './odd-images.ts';

const readable = await readableImages();
const refused = await refusedImages();

describe('a picture', () => {
  it.each(Object.keys(readable).filter((name) => name.endsWith('.jpg')))(
    'stored as %s is read as the plain one is',
    async (name) => {
      expect(await readImage(readable[name], name)).toEqual(await readImage(readable['plain.jpg']));
    },
  );

  it.each(Object.entries(refused))(
    'stored as %s is refused with the reason',
    async (name, [bytes, reason]) => {
      const reading = readImage(bytes, name);
      await expect(reading).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
      await expect(reading).rejects.toThrow(`cannot decode ${name}; received `);
      await expect(reading).rejects.toThrow(reason);
    },
  );

  it('says at every cut as many rows as libjpeg paints of it, within an MCU', async () => {
    const jpeg = readable['plain.jpg'];
    const lenient = (bytes: Uint8Array) => sharp(bytes, { failOn: 'none' }).raw().toBuffer();
    const whole = await lenient(jpeg);
    const rowOf = (image: Buffer, row: number) => image.subarray(row * 64 * 3, (row + 1) * 64 * 3);
    let said = 0;
    for (let length = jpeg.length - 30; length > 0; length -= 17) {
      const cut = jpeg.subarray(0, length);
      const error = await readImage(cut, 'cut.jpg').catch((reason: Error) => reason);
      if (!(error instanceof Error)) throw new Error(`${length} of ${jpeg.length} bytes were read`);
      const [, rows] = /with (\d+) of 48 rows/.exec(error.message) ?? [];
      if (rows === undefined) continue;
      const painted = await lenient(cut);
      let same = 0;
      while (same < 48 && rowOf(painted, same).equals(rowOf(whole, same))) same++;
      expect(Math.abs(Number(rows) - same)).toBeLessThanOrEqual(16);
      said++;
    }
    expect(said).toBeGreaterThan(10);
  });

  it('is not touched where nothing is wrong with it', () => {
    expect(mendJpeg(readable['plain.jpg'])).toBe(readable['plain.jpg']);
  });

  it('is told from a video by its first bytes', () => {
    const head = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(imageFormat(head('\0\0\0\x18ftypmp42\0\0\0\0isomavc1'))).toBeNull();
    expect(imageFormat(head('\x1a\x45\xdf\xa3'))).toBeNull();
    expect(imageFormat(head(`G${'\0'.repeat(187)}G`))).toBeNull();
    expect(imageFormat(head('\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'))).toBe('avif');
    expect(imageFormat(new Uint8Array(0))).toBeNull();
  });
});
