import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheKey } from '../../eval/cache/key.ts';
import { decodeShard } from '../../eval/cache/shard.ts';
import { type ScoreOptions, score } from '../../eval/score.ts';
import { UserError } from '../../src/core/errors.ts';
import { a2dLabels, labelSetHash } from '../../src/core/labels.ts';
import { openA2d } from '../../src/datasets/a2d/a2d.ts';
import type { Dataset } from '../../src/datasets/dataset.ts';
import { packageVersion } from '../../src/node/package-info.ts';
import { Classifier } from '../../src/runtime/classifier.ts';
import { type NodeRuntime, nodeRuntime } from '../../src/runtime/node.ts';
import { tinyFrame, valSamples, writeTinyA2d } from '../golden/tiny-a2d.ts';
import { tinyBundle } from '../golden/tiny-bundle.ts';

let folder: string;
let data: string;
let cache: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'actionnx-score-'));
  await writeTinyA2d(join(folder, 'pristine'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  data = join(folder, 'data');
  cache = join(folder, 'cache');
  await rm(data, { recursive: true, force: true });
  await rm(cache, { recursive: true, force: true });
  await cp(join(folder, 'pristine'), data, { recursive: true });
});

const open = (skipBroken = false) => openA2d(data, { skipBroken, cacheFolder: join(folder, 'labels') });

async function run(changes: Partial<ScoreOptions> = {}) {
  return score({
    bundle: await tinyBundle('tiny-frame'),
    dataset: await open(),
    split: 'val',
    cacheFolder: cache,
    runtime: nodeRuntime,
    provider: 'cpu',
    ...changes,
  });
}

/** Reads caches like any other, and breaks as soon as something is to be inferred. */
const noInference: NodeRuntime = {
  ...nodeRuntime,
  version: nodeRuntime.version,
  open: () => Promise.reject(new Error('a session was opened')),
};

const shards = async () => {
  const [key] = await readdir(cache);
  return (await readdir(join(cache, key))).map((name) => join(cache, key, name)).sort();
};

/** What the classifier says of each sample on its own. */
async function expected(seed = 1): Promise<Float32Array> {
  const classifier = await Classifier.open(await tinyBundle('tiny-frame'), nodeRuntime, { provider: 'cpu' });
  const rows: number[] = [];
  for (const id of valSamples) {
    const [video, frame] = id.split('/');
    const { probabilities } = await classifier.predict([[tinyFrame(seed, video, Number(frame))]]);
    rows.push(...probabilities);
  }
  await classifier.release();
  return Float32Array.from(rows);
}

describe('score', () => {
  it('predicts every sample of the split, in its order, at any batch size', async () => {
    const probabilities = await expected();
    for (const batch of [1, 4, 100]) {
      await rm(cache, { recursive: true, force: true });
      const scored = await run({ batch });
      expect(scored.ids).toEqual(valSamples);
      expect(scored.inferred).toBe(6);
      expect(scored.provider).toBe('cpu');
      expect(scored.probabilities.length).toBe(probabilities.length);
      scored.probabilities.forEach((p, i) => {
        expect(p).toBeCloseTo(probabilities[i], 5);
      });
    }
  });

  it('gives a clip system the window around the key frame, shifted at the ends', async () => {
    const bundle = await tinyBundle('tiny-clip');
    const { probabilities } = await run({ bundle });
    const classifier = await Classifier.open(bundle, nodeRuntime, { provider: 'cpu' });
    // Windows of 4 frames, 2 apart, in a video of 10 frames.
    const windows: [string, number[]][] = [
      ['gamma', [4, 6, 8, 10]],
      ['alpha', [4, 6, 8, 10]],
      ['alpha', [1, 3, 5, 7]],
      ['beta', [1, 3, 5, 7]],
      ['beta', [4, 6, 8, 10]],
      ['alpha', [3, 5, 7, 9]],
    ];
    for (const [i, [video, numbers]] of windows.entries()) {
      const own = await classifier.predict([numbers.map((number) => tinyFrame(1, video, number))]);
      own.probabilities.forEach((p, label) => {
        expect(probabilities[i * 43 + label]).toBeCloseTo(p, 5);
      });
    }
    await classifier.release();
  });

  it('infers nothing the second time, and answers the same', async () => {
    const first = await run();
    let progress = 0;
    const second = await run({ runtime: noInference, onProgress: () => progress++ });
    expect(second).toEqual({ ...first, inferred: 0 });
    expect(progress).toBe(0);
  });

  it('joins by sample id, whatever order the split has', async () => {
    const first = await run();
    await writeFile(join(data, 'Release', 'list', 'val.txt'), valSamples.toReversed().join('\n'));
    const second = await run({ runtime: noInference });
    expect(second.ids).toEqual(valSamples.toReversed());
    second.ids.forEach((id, i) => {
      const j = valSamples.indexOf(id);
      expect(second.probabilities.slice(i * 43, i * 43 + 43)).toEqual(
        first.probabilities.slice(j * 43, j * 43 + 43),
      );
    });
  });

  it('infers only what the cache lacks', async () => {
    const list = join(data, 'Release', 'list', 'val.txt');
    await writeFile(list, valSamples.slice(0, 4).join('\n'));
    expect((await run()).inferred).toBe(4);
    await writeFile(list, valSamples.join('\n'));
    const progress: [number, number][] = [];
    const scored = await run({ batch: 1, onProgress: (done, total) => progress.push([done, total]) });
    expect(scored.inferred).toBe(2);
    expect(progress).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ]);
    expect(await shards()).toHaveLength(2);
  });

  it('shares a cache between scorings that run at once', async () => {
    const all = await Promise.all([run({ batch: 1 }), run({ batch: 2 }), run({ batch: 4 })]);
    for (const scored of all) expect(scored.ids).toEqual(valSamples);
    const merged = await run({ runtime: noInference });
    merged.probabilities.forEach((p, i) => {
      expect(p).toBeCloseTo(all[0].probabilities[i], 5);
    });
  });

  it('does not take the predictions of a data set that was made anew in the same place', async () => {
    await run();
    await rm(data, { recursive: true });
    await writeTinyA2d(data, 2);
    const scored = await run();
    expect(scored.inferred).toBe(6);
    const probabilities = await expected(2);
    scored.probabilities.forEach((p, i) => {
      expect(p).toBeCloseTo(probabilities[i], 5);
    });
    expect((await run({ runtime: noInference })).probabilities).toEqual(scored.probabilities);
  });

  it('refuses a damaged shard by name, and replaces it once it is gone', async () => {
    await run();
    const [shard] = await shards();
    const whole = await readFile(shard);
    const flipped = Uint8Array.from(whole);
    flipped[40] ^= 1;
    for (const damage of [
      () => writeFile(shard, flipped),
      () => truncate(shard, 100),
      () => truncate(shard, 0),
    ]) {
      await writeFile(shard, whole);
      await damage();
      await expect(run()).rejects.toThrow(`the cached predictions in ${shard} are damaged; received `);
    }
    await rm(shard);
    expect((await run()).inferred).toBe(6);
  });

  it('passes over what an interrupted process left', async () => {
    await run();
    const [shard] = await shards();
    await writeFile(join(shard, '..', '.left.parquet.123-abc.tmp'), 'half a shard');
    expect((await run({ runtime: noInference })).ids).toEqual(valSamples);
  });

  it('keeps what was inferred before a broken frame, and goes on from there', async () => {
    const frame = join(data, 'Release', 'pngs320H', 'alpha', '00005.png');
    await rename(frame, `${frame}.away`);
    await writeFile(frame, (await readFile(`${frame}.away`)).subarray(0, 60));
    await expect(run({ batch: 2 })).rejects.toThrow(/^cannot decode .*alpha\/00005\.png; /);
    await rename(`${frame}.away`, frame);
    expect((await run()).inferred).toBe(2);
  });

  it('leaves out and lists a sample whose clip cannot be read, where that is asked for', async () => {
    // The frame is complete, but not an image: only decoding it shows.
    const frame = join(data, 'Release', 'pngs320H', 'beta', '00001.png');
    const bytes = await readFile(frame);
    await writeFile(frame, bytes.fill(0, 40, bytes.length - 12));
    const bundle = await tinyBundle('tiny-clip');
    await expect(run({ bundle })).rejects.toThrow(/beta\/00001\.png/);
    const scored = await run({ bundle, dataset: await open(true), skipBroken: true });
    expect(scored.ids).toEqual(valSamples.filter((id) => id !== 'beta/00003'));
    expect(scored.broken).toEqual([{ id: 'beta/00003', reason: expect.stringMatching(/beta\/00001\.png/) }]);
    expect(scored.inferred + scored.broken.length).toBeLessThanOrEqual(6);
  });

  it('files predictions under the provider that made them', async () => {
    // What answers for CUDA, and then does not take the graph.
    const hopeful: NodeRuntime = {
      ...nodeRuntime,
      version: nodeRuntime.version,
      resolve: async () => 'cuda',
      open: (graph, options) => nodeRuntime.open(graph, { ...options, provider: 'cpu' }),
    };
    const first = await run({ runtime: hopeful, provider: 'auto' });
    expect(first).toMatchObject({ provider: 'cpu', inferred: 6 });
    expect(await readdir(cache)).toEqual([
      (await cacheKey((await tinyBundle('tiny-frame')).manifest, 'cpu')).hash,
    ]);
    // They count for the CPU, and for whoever hopes again.
    expect(await run({ runtime: noInference })).toEqual({ ...first, inferred: 0 });
    expect(await run({ runtime: hopeful, provider: 'auto' })).toEqual({ ...first, inferred: 0 });
  });

  /** As many samples as are asked for, all of one video; beyond that, the tiny data set. */
  async function longDataset(samples: number, frames?: Dataset['frames']): Promise<Dataset> {
    const dataset = await open();
    const all = Array.from({ length: samples }, (_, i) => {
      return { id: `long/${i + 1}`, video: 'long', frame: i + 1, frameCount: samples };
    });
    return {
      ...{ name: 'long', root: data, spaces: dataset.spaces, splits: ['val'], broken: [] },
      samples: async () => all,
      truth: async () => new Uint8Array(samples * 43),
      labelMap: (sample) => dataset.labelMap!(sample),
      frames: frames ?? (async (video, numbers) => numbers.map((number) => tinyFrame(1, video, number))),
    };
  }

  /** The ids of each shard. */
  async function shardIds(): Promise<string[][]> {
    const read = (await shards()).map(async (path) => decodeShard(await readFile(path), 43, path));
    return (await Promise.all(read)).map(({ ids }) => [...ids]).sort((a, b) => b.length - a.length);
  }

  it('writes shards as it goes, each sample into one', async () => {
    const dataset = await longDataset(600);
    const { ids } = await run({ dataset, batch: 50 });
    const written = await shardIds();
    expect(written.map(({ length }) => length)).toEqual([300, 300]);
    expect(written.flat().sort()).toEqual([...ids].sort());
  });

  it('writes a shard as soon as it is full, and what is left at the end', async () => {
    const dataset = await longDataset(513);
    await run({ dataset, batch: 1 });
    expect((await shardIds()).map(({ length }) => length)).toEqual([256, 256, 1]);
  });

  it('writes a shard every 20 seconds', async () => {
    // A clock that each picture moves by 2.5 s: what is read ahead of the first batch is three of them.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    try {
      const dataset = await longDataset(12, async (video, numbers) => {
        now += 2500;
        return numbers.map((number) => tinyFrame(1, video, number));
      });
      await run({ dataset, batch: 1 });
    } finally {
      clock.mockRestore();
    }
    // Of the seventh batch on, more than 20 s have passed; at the sixth they were 20 s sharp.
    expect((await shardIds()).map(({ length }) => length)).toEqual([7, 5]);
  });

  it('lists all samples where none can be read, and writes nothing', async () => {
    const dataset = await longDataset(3, () => Promise.reject(new UserError('cannot decode it')));
    const scored = await run({ dataset, skipBroken: true });
    expect(scored).toMatchObject({ ids: [], samples: [], inferred: 0 });
    expect(scored.broken.map(({ id }) => id)).toEqual(['long/1', 'long/2', 'long/3']);
    await expect(readdir(cache)).rejects.toThrow('ENOENT');
  });

  it('releases its session after success and after failures', async () => {
    const open: boolean[] = [];
    const counting: NodeRuntime = {
      ...nodeRuntime,
      version: nodeRuntime.version,
      open: async (graph, options) => {
        const session = await nodeRuntime.open(graph, options);
        const index = open.push(true) - 1;
        return {
          provider: session.provider,
          inputNames: session.inputNames,
          outputNames: session.outputNames,
          run: (feeds) => session.run(feeds),
          release: async () => {
            open[index] = false;
            await session.release();
          },
        };
      },
    };
    await run({ runtime: counting });
    const broken = await longDataset(3, () => Promise.reject(new UserError('cannot decode it')));
    await expect(run({ runtime: counting, dataset: broken })).rejects.toThrow('cannot decode it');
    const wide = await tinyBundle('tiny-wide');
    await expect(run({ runtime: counting, bundle: wide })).rejects.toThrow('received 6 × 44');
    expect(open).toEqual([false, false, false]);
  });

  it('says in its shards where they come from', async () => {
    await run();
    const [path] = await shards();
    const { metadata } = await decodeShard(await readFile(path), 43, path);
    expect(metadata).toMatchObject({
      ...{ system: 'tiny-frame', dataset: 'a2d', split: 'val', provider: 'cpu', precision: 'float32' },
      ...{ runtime: `onnxruntime-node ${nodeRuntime.version}`, actionnx: packageVersion },
    });
    const [video, frame] = valSamples[0].split('/');
    expect(JSON.parse(metadata.witness)).toEqual({ video, frame: Number(frame) });
  });

  it('lets an error of the program pass, whatever is to be left out', async () => {
    const dataset = await longDataset(3, () => Promise.reject(new TypeError('not a function')));
    await expect(run({ dataset, skipBroken: true })).rejects.toThrow(TypeError);
  });

  it('counts broken samples as done', async () => {
    const dataset = await longDataset(4, async (video, numbers) => {
      if (numbers[0] === 2) throw new UserError('cannot decode it');
      return numbers.map((number) => tinyFrame(1, video, number));
    });
    const progress: number[] = [];
    const onProgress = (done: number) => progress.push(done);
    const scored = await run({ dataset, skipBroken: true, batch: 1, onProgress });
    expect(scored).toMatchObject({ inferred: 3, broken: [{ id: 'long/2', reason: 'cannot decode it' }] });
    expect(scored.ids).toEqual(['long/1', 'long/3', 'long/4']);
    expect(progress.at(-1)).toBe(4);
  });

  it('refuses an unknown split, other labels and another number of columns', async () => {
    await expect(run({ split: 'vall' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/unknown split .*received "vall"; known: val, test/),
    });
    await expect(run({ bundle: await tinyBundle('tiny-wide') })).rejects.toThrow('received 6 × 44');
    const names = [...a2dLabels.names, 'extra'];
    const labels = { names, codes: [...a2dLabels.codes, 99], hash: await labelSetHash({ names }) };
    await expect(run({ bundle: await tinyBundle('tiny-wide', { labels }) })).rejects.toThrow(
      'received 44 labels in the bundle, 43 in the data set',
    );
    const swapped = [names[0], names[2], names[1], ...names.slice(3, 43)];
    const reordered = { names: swapped, codes: [], hash: await labelSetHash({ names: swapped }) };
    await expect(run({ bundle: await tinyBundle('tiny-frame', { labels: reordered }) })).rejects.toThrow(
      'received adult-eating instead of adult-crawling at index 1',
    );
    await expect(readdir(cache)).rejects.toThrow('ENOENT');
  });

  it('says that the disk is full, and leaves the cache as it was', async ({ skip }) => {
    await mkdir(cache);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', cache], { stdio: 'ignore' });
    } catch {
      console.warn('skipped: a full disk under the cache, for want of the right to mount one');
      return skip();
    }
    try {
      await writeFile(join(cache, 'filler'), new Uint8Array(16 * 1024));
      await expect(run()).rejects.toThrow(/^the disk is full: .* was not written; free some space/);
      const files = await readdir(cache, { recursive: true });
      expect(files.filter((name) => /parquet|tmp/.test(name))).toEqual([]);
    } finally {
      execFileSync('umount', [cache]);
    }
  });
});
