import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RgbImage } from '../../src/image/image.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeAnnotation } from '../../src/node/mat-file.ts';

/** Width and height of the small release's frames. */
export const smallSize = { width: 12, height: 8 };

/** Video → number of frames, and the codes of its key frames. */
export const smallVideos: Record<string, { frames: number; keys: Record<number, number[]> }> = {
  'aa-runs': { frames: 9, keys: { 2: [17], 6: [17, 79] } },
  _bird: { frames: 5, keys: { 3: [44] } },
  // 14 (adult-flying) is no valid label: this frame carries 54 alone.
  'car.v1': { frames: 7, keys: { 1: [54, 14], 7: [14] } },
};

/** What a frame of the small release looks like: one colour, made of the video's place and the number. */
export function smallFrame(video: string, number: number): RgbImage {
  const data = new Uint8Array(smallSize.width * smallSize.height * 3);
  data.fill(Object.keys(smallVideos).indexOf(video) * 60 + number);
  return { ...smallSize, data };
}

const name = (number: number) => String(number).padStart(5, '0');

/**
 * Writes an A2D release of three videos and five key frames into `root`: the challenge's lists (`train`, `val`) or
 * the official videoset.csv. `frames: false` leaves pngs320H out.
 */
export async function writeSmallRelease(
  root: string,
  layout: 'challenge' | 'official',
  { frames = true } = {},
): Promise<void> {
  const release = join(root, 'Release');
  for (const [video, { frames: count, keys }] of Object.entries(smallVideos)) {
    mkdirSync(join(release, 'Annotations', 'mat', video), { recursive: true });
    for (const [frame, codes] of Object.entries(keys)) {
      const labels = new Uint8Array(smallSize.width * smallSize.height);
      codes.forEach((code, index) => {
        labels.fill(code, 10 + index * 20, 22 + index * 20);
      });
      await writeAnnotation(join(release, 'Annotations', 'mat', video, `${name(Number(frame))}.mat`), {
        labelMap: { ...smallSize, codes: labels },
        objects: codes.map((code) => ({
          code,
          box: [1, 1, 4, 4],
          mask: labels.map((c) => Number(c === code)),
        })),
      });
    }
    if (!frames) continue;
    mkdirSync(join(release, 'pngs320H', video), { recursive: true });
    for (let number = 1; number <= count; number++) {
      const png = await encodePng(smallFrame(video, number));
      writeFileSync(join(release, 'pngs320H', video, `${name(number)}.png`), png);
    }
  }
  if (layout === 'challenge') {
    mkdirSync(join(release, 'list'));
    writeFileSync(join(release, 'list', 'train.txt'), '_bird/00003\naa-runs/00006\n\n');
    writeFileSync(join(release, 'list', 'val.txt'), 'car.v1/00001\r\naa-runs/00002\r\ncar.v1/00007\r\n');
  } else {
    const rows = [
      'aa-runs,17,0:00:01,0:00:03,240,320,9,2,0',
      '_bird,44,0:00:00,0:00:01,240,320,5,1,0',
      'car.v1,54,0:00:02,0:00:04,240,320,7,2,1',
    ];
    writeFileSync(join(release, 'videoset.csv'), `${rows.join('\n')}\n`);
  }
}
