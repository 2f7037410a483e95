import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openA2d } from '../../../src/datasets/a2d/a2d.ts';
import { extractA2d } from '../../../src/datasets/a2d/extract.ts';
import { writeVideo } from '../../../src/node/video-writer.ts';
import { smallFrame, smallVideos, writeSmallRelease } from '../small-release.ts';

const folder = mkdtempSync(join(tmpdir(), 'actionnx-extract-'));
afterAll(() => rmSync(folder, { recursive: true }));

afterEach(() => {
  vi.unstubAllEnvs();
});

let root: string;
let clips: string;
let frames: string;
beforeEach(async () => {
  root = mkdtempSync(join(folder, 'root-'));
  clips = join(root, 'Release', 'clips320H');
  frames = join(root, 'Release', 'pngs320H');
  await writeSmallRelease(root, 'challenge', { frames: false });
  mkdirSync(clips);
  for (const [video, { frames: count }] of Object.entries(smallVideos)) {
    const images = Array.from({ length: count }, (_, i) => smallFrame(video, i + 1));
    await writeVideo(join(clips, `${video}.mp4`), images, { fps: 10 });
  }
});

describe('extractA2d', () => {
  it('makes the frames of every clip, which the data set then has', async () => {
    const steps: number[] = [];
    const summary = await extractA2d(root, { jobs: 2, onProgress: (done) => steps.push(done) });
    expect(summary).toEqual({ folder: frames, videos: 3, present: 0, extracted: 3, frames: 21, broken: [] });
    expect(steps).toEqual([1, 2, 3]);
    const a2d = await openA2d(root, { cacheFolder: join(root, 'cache') });
    expect((await a2d.samples('train')).map(({ frameCount }) => frameCount)).toEqual([5, 9]);
    const [last] = await a2d.frames('aa-runs', [9]);
    expect(Math.abs(last.data[0] - smallFrame('aa-runs', 9).data[0])).toBeLessThanOrEqual(3);
  });

  it('goes on where it stopped', async () => {
    await extractA2d(root, { jobs: 2 });
    const made = statSync(join(frames, '_bird', '00001.png')).mtimeMs;
    rmSync(join(frames, 'car.v1'), { recursive: true });
    expect(await extractA2d(root)).toMatchObject({ present: 2, extracted: 1, frames: 7 });
    expect(statSync(join(frames, '_bird', '00001.png')).mtimeMs).toBe(made);
  });

  it('takes a folder that another process has made meanwhile for present', async () => {
    // Stands for the other process: it is done just before our ffmpeg fails.
    const tools = join(root, 'tools');
    mkdirSync(tools);
    for (const name of ['ffmpeg', 'ffprobe']) {
      writeFileSync(join(tools, name), `#!/bin/sh\nmkdir -p '${join(frames, '_bird')}'\nexit 1\n`, {
        mode: 0o755,
      });
    }
    for (const video of ['aa-runs', 'car.v1']) rmSync(join(clips, `${video}.mp4`));
    vi.stubEnv('PATH', `${tools}:${process.env.PATH}`);
    expect(await extractA2d(root)).toMatchObject({
      videos: 1,
      present: 1,
      extracted: 0,
      frames: 0,
      broken: [],
    });
  });

  it('takes only clips for clips', async () => {
    rmSync(join(clips, 'aa-runs.mp4'));
    for (const name of ['notes.txt', '.mp4', 'aa-runs.mp4.part']) writeFileSync(join(clips, name), '');
    expect(await extractA2d(root)).toMatchObject({ videos: 2, extracted: 2 });
  });

  it('stops at a broken clip or lists it, and leaves no half folder', async () => {
    const path = join(clips, '_bird.mp4');
    writeFileSync(path, readFileSync(path).subarray(0, 1200));
    await expect(extractA2d(root, { jobs: 1 })).rejects.toThrow(`cannot decode ${path}`);
    expect(existsSync(join(frames, '_bird'))).toBe(false);
    const summary = await extractA2d(root, { skipBroken: true });
    expect(summary.broken).toEqual([{ id: '_bird', reason: expect.stringContaining(path) }]);
    expect(readdirSync(frames).sort()).toEqual(['aa-runs', 'car.v1']);
  });

  it('needs clips', async () => {
    rmSync(clips, { recursive: true });
    await expect(extractA2d(root)).rejects.toThrow('extracting needs clips320H/<video>.mp4');
  });
});
