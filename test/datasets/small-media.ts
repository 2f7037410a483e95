import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RgbImage } from '../../src/image/image.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeVideo } from '../../src/node/video-writer.ts';

/** A picture of one grey, with a darker corner, so that greys differ in few pixels or in all. */
export function greyPicture(grey: number): RgbImage {
  const [width, height] = [16, 12];
  const data = new Uint8Array(width * height * 3).fill(grey);
  data.fill(grey >> 1, 0, 9);
  return { width, height, data };
}

/** Writes a picture, and the folders that lead to it, under any name. @param level zlib's: the same pixels in other bytes */
export async function writePicture(root: string, file: string, grey: number, level = 6): Promise<void> {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), await encodePng(greyPicture(grey), level));
}

/** Writes a video of so many frames, the first of a grey and each a little lighter, and the folders that lead to it. */
export async function writeClip(root: string, file: string, frames: number, grey = 40): Promise<void> {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  const images = Array.from({ length: frames }, (_, i) => greyPicture(grey + 10 * i));
  await writeVideo(join(root, file), images, { fps: 10 });
}
