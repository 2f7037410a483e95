import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
    // What a key says of itself counts for more than what is said of a shard.
    await cache.append(['b'], Float32Array.of(0.75, 1), { split: 'test', graph: 'another' });
    for (const name of ['notes.parquet', `${'0'.repeat(64)}.parquet.bak`, `old-${'0'.repeat(64)}.parquet`]) {
      await writeFile(join(cache.folder, name), 'none');
    }
    const read = await cache.read(async ({ split, graph }) => split === 'test' && graph === '00ff');
    expect([...read.keys()]).toEqual(['b']);
  });

  it('refuses a shard whose bytes are others than its name says', async () => {
    const cache = cacheOf('damaged');
    await cache.append(['a'], Float32Array.of(0.25, 0.5), {});
    const path = join(cache.folder, (await readdir(cache.folder))[0]);
    const bytes = await readFile(path);
    await writeFile(path, bytes.with(10, bytes[10] ^ 1));
    await expect(cache.read(all)).rejects.toThrow(
      `the cached predictions in ${path} are damaged; received ${bytes.length} bytes with another sha256 than the ` +
        'name; delete that file: what it held is predicted again',
    );
  });

  it('adds equal predictions once', async () => {
    const cache = cacheOf('once');
    for (let i = 0; i < 2; i++) await cache.append(['a'], Float32Array.of(0.25, 0.5), { split: 'val' });
    const names = await readdir(cache.folder);
    expect(names).toHaveLength(1);
    const sum = createHash('sha256')
      .update(await readFile(join(cache.folder, names[0])))
      .digest('hex');
    expect(names[0]).toBe(`${sum}.parquet`);
  });
});
