import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import { encodeJpeg, encodePng, isCompletePng, readImage } from '../../src/node/image-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * i * 7 + (i % 3) * 50 + Math.floor(i / width)) % 256;
  return { width, height, data };
}

describe('an image file', () => {
  it('comes back from PNG as it was, from a path or bytes', async () => {
    const image = picture(31, 17);
    const png = await encodePng(image);
    const path = join(folder, 'picture.png');
    writeFileSync(path, png);
    expect(await readImage(path)).toEqual(image);
    expect(await readImage(png)).toEqual(image);
    expect(await encodePng(image)).toEqual(png);
  });

  it('comes back from JPEG nearly as it was', async () => {
    const smooth: RgbImage = { width: 40, height: 30, data: new Uint8Array(3600) };
    for (let i = 0; i < 3600; i++) smooth.data[i] = 40 + Math.floor(i / 120) * 5;
    const { width, height, data } = await readImage(await encodeJpeg(smooth, 95));
    expect([width, height]).toEqual([40, 30]);
    expect(Math.max(...data.map((value, i) => Math.abs(value - smooth.data[i])))).toBeLessThanOrEqual(4);
  });

  it('is refused by name when it is missing, truncated, corrupt or no image', async () => {
    const image = picture(120, 90);
    const [png, jpeg] = [await encodePng(image), await encodeJpeg(image)];
    const damaged = Buffer.from(png);
    damaged.fill(0, damaged.length >> 1, (damaged.length >> 1) + 20);
    const broken: Record<string, Uint8Array> = {
      'empty.png': png.subarray(0, 0),
      'header.png': png.subarray(0, 20),
      'half.png': png.subarray(0, png.length >> 1),
      'damaged.png': damaged,
      'header.jpg': jpeg.subarray(0, 50),
      'half.jpg': jpeg.subarray(0, jpeg.length >> 1),
      'end.jpg': jpeg.subarray(0, jpeg.length - 20),
      'text.jpg': new TextEncoder().encode('this is no image'),
    };
    for (const [name, bytes] of Object.entries(broken)) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      const reading = readImage(path);
      await expect(reading, name).rejects.toThrow(`cannot decode ${path}; received`);
      await expect(reading, name).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
    }
    const absent = join(folder, 'absent.png');
    await expect(readImage(absent)).rejects.toThrow(`there is no file ${absent}`);
    await expect(readImage(broken['half.png'], 'clipboard')).rejects.toThrow('cannot decode clipboard');
  });

  it('is a complete PNG only with its end', async () => {
    const png = await encodePng(picture(12, 12));
    const path = join(folder, 'whole.png');
    writeFileSync(path, png);
    expect(await isCompletePng(path)).toBe(true);
    for (const length of [0, 5, png.length - 1]) {
      writeFileSync(path, png.subarray(0, length));
      expect(await isCompletePng(path)).toBe(false);
    }
    expect(await isCompletePng(join(folder, 'absent.png'))).toBe(false);
  });

  it('lays transparency on black', async () => {
    // A 1×1 PNG of red at half opacity.
    const base64 =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DQAAAEgQGALFXOsAAAAABJRU5ErkJggg==';
    const { data } = await readImage(new Uint8Array(Buffer.from(base64, 'base64')));
    expect(Array.from(data)).toEqual([128, 0, 0]);
  });
});

const frames = new URL('../../../shared/real/frames/', import.meta.url);
const real = existsSync(frames);
if (!real) console.warn('skipped: real JPEG frames (../shared/real/frames is absent)');

describe.runIf(real)('real JPEG frames', () => {
  it('decode at 320×240 and resist every kind of truncation', async () => {
    const bytes = readFileSync(new URL('img_00001.jpg', frames));
    const { width, height } = await readImage(bytes);
    expect([width, height]).toEqual([320, 240]);
    for (const share of [0.01, 0.2, 0.5, 0.9, 0.99]) {
      await expect(readImage(bytes.subarray(0, bytes.length * share))).rejects.toThrow('cannot decode');
    }
  });
});
