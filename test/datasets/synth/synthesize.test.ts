import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { a2dLabels } from '../../../src/core/labels.ts';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import { type ReleaseSummary, synthesize } from '../../../src/datasets/synth/synthesize.ts';
import { findFfmpeg } from '../../../src/node/ffmpeg.ts';
import { readAnnotation } from '../../../src/node/mat-file.ts';
import { probeVideo, readVideoFrames } from '../../../src/node/video-frames.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-synth-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { videos: 20, frames: 24, height: 48, seed: 11 };
const root = join(folder, 'first');
const release = (...path: string[]) => join(root, 'Release', ...path);
const linesOf = (path: string) => readFileSync(path, 'utf8').trim().split('\n');
const files = (of: string) =>
  readdirSync(of, { recursive: true, encoding: 'utf8' }).filter((path) => /\.\w+$/.test(path));

const ffmpeg = (await findFfmpeg()) !== null;
if (!ffmpeg) console.warn('skipped "a synthetic release > has clips of the same frames": ffmpeg is missing');

describe('a synthetic release', () => {
  let summary: ReleaseSummary;
  const progress: number[] = [];
  beforeAll(async () => {
    summary = await synthesize(root, { ...options, onProgress: (done) => progress.push(done) });
  });

  it('tells what it holds', () => {
    expect(summary).toMatchObject({
      folder: root,
      videos: 20,
      frames: 480,
      annotatedFrames: 60,
      width: 64,
      height: 48,
      clips: ffmpeg,
    });
    expect(summary.splits.train).toBe(48);
    expect(summary.splits.val + summary.splits.test).toBe(12);
    expect(summary.labels.map(({ label }) => label)).toEqual(a2dLabels.names);
    expect(progress).toEqual(Array.from({ length: 21 }, (_, i) => i));
  });

  it("is laid out as A2D's", () => {
    const videos = Array.from({ length: 20 }, (_, i) => `synth-${String(i + 1).padStart(5, '0')}`);
    expect(readdirSync(release()).sort()).toEqual([
      'Annotations',
      ...(ffmpeg ? ['clips320H'] : []),
      'list',
      'pngs320H',
      'synthetic.json',
      'videoset.csv',
    ]);
    expect(readdirSync(release('pngs320H')).sort()).toEqual(videos);
    const numbers = Array.from({ length: 24 }, (_, i) => `${String(i + 1).padStart(5, '0')}.png`);
    expect(readdirSync(release('pngs320H', videos[7])).sort()).toEqual(numbers);
    const rows = linesOf(release('videoset.csv')).map((line) => line.split(','));
    expect(rows.map(([id]) => id)).toEqual(videos);
    for (const [, code, start, end, height, width, frames, annotated, usage] of rows) {
      expect(a2dLabels.codes).toContain(Number(code));
      expect([start, end, height, width, frames, annotated]).toEqual([
        '0:00:00.00',
        '0:00:01.00',
        '48',
        '64',
        '24',
        '3',
      ]);
      expect(['0', '1']).toContain(usage);
    }
    expect(rows.filter((row) => row[8] === '1')).toHaveLength(4);
  });

  it('keeps the official split: training on usage 0, validation and test on frames of the other videos', () => {
    const usage = new Map(
      linesOf(release('videoset.csv')).map((line) => [line.split(',')[0], line.split(',')[8]]),
    );
    const [train, val, test] = ['train', 'val', 'test'].map((split) =>
      linesOf(release('list', `${split}.txt`)),
    );
    const videosOf = (lines: string[]) => new Set(lines.map((line) => line.split('/')[0]));
    expect([...videosOf(train)].every((video) => usage.get(video) === '0')).toBe(true);
    expect([...videosOf([...val, ...test])].every((video) => usage.get(video) === '1')).toBe(true);
    expect(new Set([...train, ...val, ...test]).size).toBe(60);
    for (const sample of [...train, ...val, ...test]) {
      const frame = Number(sample.split('/')[1]);
      expect(frame - 7).toBeGreaterThanOrEqual(1);
      expect(frame + 8).toBeLessThanOrEqual(24);
    }
  });

  it('is read back by the A2D adapter', async () => {
    const dataset = await openA2d(root, { cacheFolder: join(folder, 'cache') });
    expect(dataset.name).toBe('synthetic-a2d');
    expect(dataset.splits).toEqual(['train', 'val', 'test']);
    const counts = new Array(a2dLabels.names.length).fill(0);
    for (const split of dataset.splits) {
      const samples = await dataset.samples(split);
      expect(samples).toHaveLength(summary.splits[split as 'train']);
      const truth = await dataset.truth(samples);
      truth.forEach((value, i) => {
        counts[i % counts.length] += value;
      });
    }
    expect(counts).toEqual(summary.labels.map(({ frames }) => frames));
    const [sample] = await dataset.samples('val');
    const [image] = await dataset.frames(sample.video, [sample.frame!]);
    expect([image.width, image.height]).toEqual([64, 48]);
    const map = await dataset.labelMap!(sample);
    expect([map.width, map.height]).toEqual([64, 48]);
  });

  it('annotates with valid codes alone, box and mask agreeing', async () => {
    const annotations = files(release('Annotations', 'mat'));
    expect(annotations).toHaveLength(60);
    for (const path of annotations) {
      const { labelMap, objects } = await readAnnotation(release('Annotations', 'mat', path));
      for (const code of new Set(labelMap.codes)) if (code !== 0) expect(a2dLabels.codes).toContain(code);
      for (const { code, mask, box } of objects) {
        const [x0, y0, x1, y1] = box;
        mask.forEach((seen, i) => {
          if (!seen) return;
          const [x, y] = [(i % 64) + 1, Math.floor(i / 64) + 1];
          if (labelMap.codes[i] !== code || x < x0 || x > x1 || y < y0 || y > y1)
            expect.fail(`${path}: pixel ${x},${y}`);
        });
      }
    }
  });

  it.runIf(ffmpeg)('has clips of the same frames', async () => {
    const dataset = await openA2d(root, { cacheFolder: join(folder, 'cache') });
    for (const video of ['synth-00001', 'synth-00020']) {
      const clip = release('clips320H', `${video}.mp4`);
      expect(await probeVideo(clip)).toMatchObject({ width: 64, height: 48, fps: 24, frameCount: 24 });
      for await (const { number, image } of readVideoFrames(clip, [1, 13, 24])) {
        const [png] = await dataset.frames(video, [number]);
        const difference = image.data.reduce((sum, value, i) => sum + Math.abs(value - png.data[i]), 0);
        expect(difference / png.data.length, `${video} ${number}`).toBeLessThan(6);
      }
    }
  });

  it('is the same, byte for byte, for the same seed, and another for another', async () => {
    const [again, other] = [join(folder, 'again'), join(folder, 'other')];
    await synthesize(again, options);
    await synthesize(other, { ...options, seed: 12 });
    const compared = files(root).filter((path) => !path.endsWith('.mp4'));
    expect(
      files(again)
        .filter((path) => !path.endsWith('.mp4'))
        .sort(),
    ).toEqual(compared.sort());
    const changed = (elsewhere: string) =>
      compared.filter((path) => !readFileSync(join(root, path)).equals(readFileSync(join(elsewhere, path))));
    expect(changed(again)).toEqual([]);
    expect(changed(other).filter((path) => path.endsWith('.png'))).toHaveLength(480);
  });
});

describe('synthesize', () => {
  it('refuses a folder that is not empty, and leaves it alone', async () => {
    const full = join(folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'notes.txt'), 'mine');
    await expect(synthesize(full, options)).rejects.toMatchObject({
      exitCode: 2,
      message: `a synthetic data set needs an empty or new folder; received ${full}, which holds notes.txt; name another folder, or empty this one`,
    });
    expect(readdirSync(full)).toEqual(['notes.txt']);
  });

  it.each([
    [{ videos: 4 }, 'videos must be a whole number in 5–99999; received 4'],
    [{ frames: 7.5 }, 'frames must be a whole number in 8–99999; received 7.5'],
    [{ height: 49 }, 'height must be even, as the clips need it; received 49'],
    [{ height: 20 }, 'height must be a whole number in 32–1080; received 20'],
    [{ seed: -1 }, 'seed must be a whole number in 0–9007199254740991; received -1'],
  ])('refuses %o', async (wrong, message) => {
    await expect(synthesize(join(folder, 'wrong'), { ...options, ...wrong })).rejects.toMatchObject({
      exitCode: 2,
      message,
    });
  });

  it('leaves nothing behind when it is stopped half-way', async () => {
    const stopped = join(folder, 'stopped');
    mkdirSync(stopped);
    const onProgress = (done: number) => {
      if (done === 3) throw new Error('stop');
    };
    await expect(synthesize(stopped, { ...options, onProgress })).rejects.toThrow('stop');
    expect(readdirSync(stopped)).toEqual([]);
  });
});
