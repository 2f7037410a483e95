import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeyFrameProbabilities, predictFile } from '../../eval/predict.ts';
import type { RgbImage } from '../../src/image/image.ts';
import { findFfmpeg } from '../../src/node/ffmpeg.ts';
import { encodeJpeg, encodePng } from '../../src/node/image-file.ts';
import { readVideoFrames } from '../../src/node/video-frames.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { tinyFrame } from '../golden/tiny-a2d.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

let folder: string;
let classifiers: Classifier[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-predict-'));
  classifiers = await Promise.all(
    (['tiny-frame', 'tiny-clip'] as const).map(async (graph) =>
      Classifier.open(await tinyBundle(graph), nodeRuntime, { provider: 'cpu' }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(classifiers.map((classifier) => classifier.release()));
  await rm(folder, { recursive: true, force: true });
});

async function predictAll(path: string, rate = 1) {
  const { info, predictions } = await predictFile(classifiers, path, { rate });
  const all: KeyFrameProbabilities[] = [];
  for await (const prediction of predictions) all.push(prediction);
  return { info, predictions: all };
}
const probabilitiesOf = async (classifier: Classifier, frames: RgbImage[]) =>
  (await classifier.predict([frames])).probabilities;

describe('predictFile', () => {
  it('predicts an image of any format; a clip system sees it repeated', async () => {
    const image = tinyFrame(1, 'still', 1);
    const png = join(folder, 'still.png');
    const misnamed = join(folder, 'still.mp4');
    await writeFile(png, await encodePng(image));
    await writeFile(misnamed, await encodePng(image));
    for (const path of [png, misnamed]) {
      const { info, predictions } = await predictAll(path);
      expect(info).toEqual({
        kind: 'image',
        width: 16,
        height: 12,
        fps: null,
        duration: null,
        frameCount: 1,
        keyFrames: [1],
      });
      expect(predictions).toEqual([
        {
          frame: 1,
          time: 0,
          probabilities: [
            await probabilitiesOf(classifiers[0], [image]),
            await probabilitiesOf(classifiers[1], [image, image, image, image]),
          ],
        },
      ]);
    }
  });

  it('refuses what is neither image nor video, naming the file', async () => {
    const whole = await encodeJpeg({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) });
    const png = await encodePng(tinyFrame(1, 'still', 1));
    const files: Record<string, Uint8Array | string> = {
      'cut.jpg': whole.subarray(0, whole.length >> 1),
      'cut.png': png.subarray(0, png.length >> 1),
      'text.mp4': 'no video',
      'empty.jpg': '',
    };
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      await writeFile(path, content);
      await expect(predictAll(path)).rejects.toMatchObject({
        name: 'UserError',
        exitCode: 1,
        message: expect.stringMatching(
          new RegExp(`^cannot decode .*${name}; received [^\n]+; .*get it again$`),
        ),
      });
    }
    await expect(predictAll(join(folder, 'none.png'))).rejects.toThrow(/^there is no file .*none\.png$/);
    await expect(predictAll(folder)).rejects.toThrow(/^cannot read [^;]*; received .*EISDIR/);
    const inFile = join(fileURLToPath(import.meta.url), 'frame.png');
    await expect(predictAll(inFile)).rejects.toThrow(/^cannot read [^;]*frame\.png; received .*ENOTDIR/);
  });
});

const ffmpeg = await findFfmpeg();
if (!ffmpeg) console.warn('skipped: predicting videos, for want of ffmpeg');

describe.runIf(ffmpeg)('predictFile on a video', () => {
  async function writeClip(name: string, count: number): Promise<string> {
    const path = join(folder, name);
    const frames = Array.from({ length: count }, (_, i) => tinyFrame(1, 'video', i + 1));
    await writeVideo(path, frames, { fps: 10 });
    return path;
  }

  it('predicts key frames at the rate asked for, each system with its own window', async () => {
    const count = 25;
    const path = await writeClip('clip.mp4', count);
    const decoded: RgbImage[] = [];
    for await (const { image } of readVideoFrames(path)) decoded.push(image);
    const { info, predictions } = await predictAll(path, 2);
    expect(info).toEqual({
      kind: 'video',
      width: 16,
      height: 12,
      fps: 10,
      duration: 2.5,
      frameCount: count,
      keyFrames: [3, 8, 13, 18, 23],
    });
    expect(predictions.map(({ frame, time }) => [frame, time])).toEqual([
      [3, 0.2],
      [8, 0.7],
      [13, 1.2],
      [18, 1.7],
      [23, 2.2],
    ]);
    // Four frames, 2 apart, the second of them the key frame; the last window is pushed back into the video.
    const windows = [
      [1, 3, 5, 7],
      [6, 8, 10, 12],
      [11, 13, 15, 17],
      [16, 18, 20, 22],
      [19, 21, 23, 25],
    ];
    for (const [i, { frame, probabilities }] of predictions.entries()) {
      expect(probabilities).toEqual([
        await probabilitiesOf(classifiers[0], [decoded[frame - 1]]),
        await probabilitiesOf(
          classifiers[1],
          windows[i].map((number) => decoded[number - 1]),
        ),
      ]);
    }
  });

  it('refuses a truncated video', async () => {
    const path = join(folder, 'cut.mp4');
    const whole = await readFile(await writeClip('whole.mp4', 25));
    await writeFile(path, whole.subarray(0, whole.length >> 1));
    await expect(predictAll(path)).rejects.toThrow(/^cannot decode .*cut\.mp4; received [^\n]+$/);
  });
});

const clips = fileURLToPath(new URL('../../../shared/real/clips/', import.meta.url));
const clip = join(clips, 'basketball.mp4');
if (!existsSync(clip)) console.warn(`skipped: predicting a real clip, for want of ${clip}`);

describe.runIf(ffmpeg && existsSync(clip))('predictFile on a real clip', () => {
  it('finds a key frame a second', async () => {
    const { info, predictions } = await predictAll(clip);
    expect(info).toMatchObject({ kind: 'video', width: 426, height: 240, frameCount: 300 });
    expect(info.fps).toBeCloseTo(29.97, 2);
    expect(predictions).toHaveLength(10);
    expect(predictions[0].frame).toBe(15);
    for (const { probabilities } of predictions) {
      expect(probabilities.map(({ length }) => length)).toEqual([43, 43]);
    }
  });
});
