import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Rng } from '../../src/core/rng.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeAnnotation } from '../../src/node/mat-file.ts';

const size = { width: 16, height: 12 };
const frameCount = 10;

/** Key frames by video: some near the ends, where a clip's window is shifted. */
const keyFrames: Record<string, readonly number[]> = {
  alpha: [1, 5, 10],
  beta: [3, 6],
  gamma: [9],
  delta: [2, 7],
};

/** The samples of the split `val`, in the list's order: not sorted, so that order matters. */
export const valSamples = [
  'gamma/00009',
  'alpha/00010',
  'alpha/00001',
  'beta/00003',
  'beta/00006',
  'alpha/00005',
];
/** The samples of the split `test`. */
export const testSamples = ['delta/00002', 'delta/00007'];

/** The codes of each sample; one has none. */
export const codesOf: Record<string, readonly number[]> = {
  'gamma/00009': [36, 35],
  'alpha/00010': [17],
  'alpha/00001': [17, 79, 13],
  'beta/00003': [],
  'beta/00006': [19],
  'alpha/00005': [18, 79],
  'delta/00002': [44],
  'delta/00007': [44, 19],
};

/** A frame of noise around a colour; another `seed` gives other pictures under the same names. */
export function tinyFrame(seed: number, video: string, number: number): RgbImage {
  const rng = new Rng(`${seed}/${video}/${number}`);
  const colour = [rng.integer(200), rng.integer(200), rng.integer(200)];
  const data = Uint8Array.from(
    { length: size.width * size.height * 3 },
    (_, i) => colour[i % 3] + rng.integer(56),
  );
  return { ...size, data };
}

/** Writes a real, very small A2D release in the challenge's layout: 4 videos of 10 frames, 6 + 2 samples. */
export async function writeTinyA2d(root: string, seed = 1): Promise<void> {
  const release = join(root, 'Release');
  await mkdir(join(release, 'list'), { recursive: true });
  await writeFile(join(release, 'list', 'val.txt'), `${valSamples.join('\n')}\n`);
  await writeFile(join(release, 'list', 'test.txt'), `${testSamples.join('\n')}\n`);
  for (const [video, annotated] of Object.entries(keyFrames)) {
    const frames = join(release, 'pngs320H', video);
    await mkdir(frames, { recursive: true });
    for (let number = 1; number <= frameCount; number++) {
      await writeFile(
        join(frames, `${String(number).padStart(5, '0')}.png`),
        await encodePng(tinyFrame(seed, video, number)),
      );
    }
    await mkdir(join(release, 'Annotations', 'mat', video), { recursive: true });
    for (const number of annotated) {
      const name = `${video}/${String(number).padStart(5, '0')}`;
      const codes = new Uint8Array(size.width * size.height);
      const objects = codesOf[name].map((code, i) => {
        codes.fill(code, i * 20, i * 20 + 20);
        return {
          code,
          box: [1, 1, 4, 4] as const,
          mask: codes.map((value) => (value === code ? 1 : 0)),
        };
      });
      await writeAnnotation(join(release, 'Annotations', 'mat', `${name}.mat`), {
        labelMap: { ...size, codes },
        objects,
      });
    }
  }
}
