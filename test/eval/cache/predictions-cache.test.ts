import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PredictionsCache } from '../../../eval/cache/predictions-cache.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'actionnx-cache-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const cacheOf = (hash: string) => new PredictionsCache(root, { hash, parts: { graph: '00ff' } }, 2);
const all = async () => true;

describe('PredictionsCache', () => {
  it('is empty where nothing was written', async () => {
    expect(await cacheOf('none').read(all)).toEqual(new Map());
  });

  it('does not take a folder that cannot be read for an empty one', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(cacheOf('file').read(all)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('gives each sample its own probabilities, of the first shard by name that has it', async () => {
    const cache = cacheOf('several');
    const shards = [
      { ids: ['a', 'b'], probabilities: Float32Array.of(0.125, 0.25, 0.375, 0.5) },
      { ids: ['b', 'c'], probabilities: Float32Array.of(0.625, 0.75, 0.875, 1) },
      { ids: ['b', 'd'], probabilities: Float32Array.of(0, 0.25, 0.5, 0.75) },
    ];
    const byName = new Map<string, (typeof shards)[number]>();
    for (const shard of shards) {
      await cache.append(shard.ids, shard.probabilities, { split: 'val' });
      const [added] = (await readdir(cache.folder)).filter((name) => !byName.has(name));
      byName.set(added, shard);
    }
    const expected = new Map<string, Float32Array>();
    for (const name of [...byName.keys()].sort().reverse()) {
      const { ids, probabilities } = byName.get(name)!;
      for (const [i, id] of ids.entries()) expected.set(id, probabilities.slice(2 * i, 2 * i + 2));
    }
    expect(Object.fromEntries(await cache.read(all))).toEqual(Object.fromEntries(expected));
  });

  it('passes over what is not accepted, and over files that are no shards', async () => {
    const cache = cacheOf('others');
    await cache.append(['a'], Float32Array.of(0.25, 0.5), { split: 'val' });
    await cache.append(['b'], Float32Array.of(0.75, 1), { split: 'test' });
    await writeFile(join(cache.folder, 'notes.parquet'), 'none');
    const read = await cache.read(async ({ split, graph }) => split === 'test' && graph === '00ff');
    expect([...read.keys()]).toEqual(['b']);
  });
});
