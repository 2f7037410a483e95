import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictFile } from '../../eval/predict.ts';
import { prefetch } from '../../eval/prefetch.ts';
import { type ScoreOptions, score } from '../../eval/score.ts';
import { openA2d } from '../../src/datasets/a2d/a2d.ts';
import { encodePng } from '../../src/node/image-file.ts';
import { writeVideo } from '../../src/node/video-writer.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { nodeRuntime } from '../../src/runtime/node.ts';
import { tinyFrame, writeTinyA2d } from '../golden/tiny-a2d.ts';
import { type TinyGraph, tinyBundle } from '../golden/tiny-bundle.ts';
import { leftBehind } from '../left-behind.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-eval-released-'));
  const frames = Array.from({ length: 30 }, (_, i) => tinyFrame(1, 'clip', i + 1));
  await writeVideo(at('clip.mp4'), frames, { fps: 10 });
  await writeFile(at('still.png'), await encodePng(frames[0]));
  await writeFile(at('text.txt'), 'neither');
  await writeTinyA2d(at('data'));
  await cp(at('data'), at('broken'), { recursive: true });
  await writeFile(
    join(at('broken'), 'Release/pngs320H/beta/00001.png'),
    await encodePng(frames[0]).then((png) => png.fill(0, 40, png.length - 12)),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('predictFile leaves no file, pipe or process behind', () => {
  /** Predictions of the first so many key frames, by a classifier of its own. */
  async function predict(name: string, count = 99, graph: TinyGraph = 'tiny-clip'): Promise<number> {
    const classifier = await Classifier.open(await tinyBundle(graph), nodeRuntime, { provider: 'cpu' });
    let seen = 0;
    try {
      const { predictions } = await predictFile([classifier], at(name), { rate: 2 });
      if (count === 0) return 0;
      for await (const _ of predictions) if (++seen === count) break;
      return seen;
    } finally {
      await classifier.release();
    }
  }

  it.each<[string, () => Promise<unknown>]>([
    ['for a video, all of it', async () => expect(await predict('clip.mp4')).toBe(6)],
    [
      'for a video that is left after its first key frame',
      async () => expect(await predict('clip.mp4', 1)).toBe(1),
    ],
    ['for a video that nobody looks at', () => predict('clip.mp4', 0)],
    [
      'for a video on which the system fails',
      () => expect(predict('clip.mp4', 99, 'tiny-broken')).rejects.toThrow('must lie in 0–1'),
    ],
    ['for a picture', async () => expect(await predict('still.png')).toBe(1)],
    [
      'for a picture on which the system fails',
      () => expect(predict('still.png', 99, 'tiny-broken')).rejects.toThrow('must lie in 0–1'),
    ],
    ['for what is neither', () => expect(predict('text.txt')).rejects.toThrow('cannot decode')],
    ['for what is not there', () => expect(predict('absent')).rejects.toThrow('there is no file')],
    ['for a folder', () => expect(predict('.')).rejects.toThrow('cannot read')],
  ])('%s', async (_, work) => {
    expect(await leftBehind(work)).toEqual({});
  });
});

describe('score leaves no session and no file behind', () => {
  let run = 0;
  async function scored(graph: TinyGraph, changes: Partial<ScoreOptions> = {}, data = 'data') {
    const dataset = await openA2d(at(data), {
      skipBroken: changes.skipBroken ?? false,
      cacheFolder: at('labels'),
    });
    return score({
      ...{
        bundle: await tinyBundle(graph),
        dataset,
        split: 'val',
        runtime: nodeRuntime,
        provider: 'cpu' as const,
      },
      cacheFolder: at(`cache-${run++}`),
      ...changes,
    });
  }

  it.each<[string, () => Promise<unknown>]>([
    ['where all goes well', async () => expect((await scored('tiny-frame')).inferred).toBe(6)],
    [
      'where the cache has it all',
      async () => {
        const cacheFolder = at(`cache-${run}`);
        for (const inferred of [6, 0]) {
          expect((await scored('tiny-frame', { cacheFolder })).inferred).toBe(inferred);
        }
      },
    ],
    [
      'where the graph answers wrongly',
      () => expect(scored('tiny-broken', { batch: 1 })).rejects.toThrow('0–1'),
    ],
    [
      'where a frame is broken',
      () => expect(scored('tiny-clip', { batch: 1 }, 'broken')).rejects.toThrow('beta/00001.png'),
    ],
    [
      'where a broken frame is left out',
      async () => expect((await scored('tiny-clip', { skipBroken: true }, 'broken')).broken).toHaveLength(1),
    ],
    [
      'where its listener fails',
      () => {
        const onProgress = (done: number) => {
          if (done > 0) throw new Error('enough');
        };
        return expect(scored('tiny-clip', { batch: 1, onProgress })).rejects.toThrow('enough');
      },
    ],
    [
      'where the cache is no folder',
      () => expect(scored('tiny-frame', { cacheFolder: at('text.txt') })).rejects.toThrow('text.txt'),
    ],
  ])('%s', async (_, work) => {
    expect(await leftBehind(work)).toEqual({});
  });
});

describe('prefetch', () => {
  it('waits for what is under way, whoever stops early and however that ends', async () => {
    let running = 0;
    const job = async () => {
      running += 1;
      await new Promise((done) => setTimeout(done, 5));
      running -= 1;
      if (running === 0) throw new Error('the last of them');
    };
    for await (const _ of prefetch([async () => {}, job, job, job], 2)) break;
    expect(running).toBe(0);
    const failing = (async () => {
      for await (const _ of prefetch([() => Promise.reject(new Error('the first')), job, job], 2));
    })();
    await expect(failing).rejects.toThrow('the first');
    expect(running).toBe(0);
  });

  it('gives results in order, so many under way ahead of the one in use', async () => {
    const started: number[] = [];
    const jobs = [0, 1, 2, 3, 4].map((i) => async () => {
      started.push(i);
      return i;
    });
    const seen: [number, number][] = [];
    for await (const i of prefetch(jobs, 2)) seen.push([i, started.length]);
    expect(seen).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
      [3, 5],
      [4, 5],
    ]);
  });
});
