import { describe, expect, it } from 'vitest';
import { FrameCache } from '../../src/datasets/frame-cache.ts';
import type { RgbImage } from '../../src/image/image.ts';

/** Decodes any path to an image of 30 bytes, noting each decode. */
function source(log: string[], wait = 0): (path: string) => Promise<RgbImage> {
  return async (path) => {
    log.push(path);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (path.startsWith('bad')) throw new Error(`cannot decode ${path}`);
    return { width: 5, height: 2, data: new Uint8Array(30).fill(path.charCodeAt(0)) };
  };
}

describe('FrameCache', () => {
  it('decodes a path once, also when it is asked for twice at a time', async () => {
    const log: string[] = [];
    const cache = new FrameCache(1000, source(log));
    const [first, second] = await Promise.all([cache.get('a'), cache.get('a')]);
    expect(second).toBe(first);
    expect(await cache.get('a')).toBe(first);
    expect(log).toEqual(['a']);
  });

  it('stays within its bytes and drops what was used longest ago', async () => {
    const log: string[] = [];
    const cache = new FrameCache(90, source(log));
    for (const path of ['a', 'b', 'c', 'a', 'd']) await cache.get(path);
    expect(cache.bytes).toBe(90);
    log.length = 0;
    for (const path of ['a', 'c', 'd']) await cache.get(path);
    expect(log).toEqual([]);
    await cache.get('b');
    expect(log).toEqual(['b']);
    expect(cache.bytes).toBe(90);
  });

  it('keeps nothing that is larger than the limit', async () => {
    const log: string[] = [];
    const cache = new FrameCache(29, source(log));
    await cache.get('a');
    await cache.get('a');
    expect(log).toEqual(['a', 'a']);
    expect(cache.bytes).toBe(0);
  });

  it('decodes no more at once than allowed, in the order asked', async () => {
    const log: string[] = [];
    let running = 0;
    let most = 0;
    const decode = source(log, 2);
    const cache = new FrameCache(
      1e6,
      async (path) => {
        most = Math.max(most, ++running);
        return decode(path).finally(() => running--);
      },
      3,
    );
    const paths = Array.from({ length: 20 }, (_, i) => `path ${i}`);
    await Promise.all(paths.map((path) => cache.get(path)));
    expect(most).toBe(3);
    expect(log).toEqual(paths);
  });

  it('passes failures on, forgets them, and goes on with the rest', async () => {
    const log: string[] = [];
    const cache = new FrameCache(1000, source(log), 1);
    const results = await Promise.allSettled([
      cache.get('bad'),
      cache.get('a'),
      cache.get('bad 2'),
      cache.get('b'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    await expect(cache.get('bad')).rejects.toThrow('cannot decode bad');
    expect(log.filter((path) => path === 'bad')).toHaveLength(2);
    expect(cache.bytes).toBe(60);
  });
});
