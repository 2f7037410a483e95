import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { forEachParallel } from '../../src/data/parallel.ts';

/** Work that waits for a word: `finish(i)` or `fail(i)`. */
function waiting() {
  const begun: number[] = [];
  const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const work = (item: string, index: number) => {
    begun.push(index);
    expect(item).toBe('abcdef'[index]);
    return new Promise<void>((resolve, reject) => ends.set(index, { resolve, reject }));
  };
  const finish = async (index: number) => {
    ends.get(index)?.resolve();
    await setImmediate();
  };
  const fail = async (index: number) => {
    ends.get(index)?.reject(new Error(`failed at ${index}`));
    await setImmediate();
  };
  return { begun, work, finish, fail };
}

describe('forEachParallel', () => {
  it('begins the next whenever one is done, never more than the limit at once', async () => {
    const { begun, work, finish } = waiting();
    const all = forEachParallel([...'abcdef'], 2, work);
    await setImmediate();
    expect(begun).toEqual([0, 1]);
    await finish(1);
    expect(begun).toEqual([0, 1, 2]);
    for (const index of [2, 3, 4]) await finish(index);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await finish(0);
    let done = false;
    const ended = all.then(() => {
      done = true;
    });
    await setImmediate();
    expect(done).toBe(false);
    await finish(5);
    await ended;
    expect(done).toBe(true);
  });

  it('begins nothing after a failure, and passes it on once all that had begun is at rest', async () => {
    const { begun, work, finish, fail } = waiting();
    let failure = '';
    const all = forEachParallel([...'abcdef'], 3, work).catch((error: Error) => {
      failure = error.message;
    });
    await setImmediate();
    await fail(1);
    await finish(0);
    expect([begun, failure]).toEqual([[0, 1, 2], '']);
    await finish(2);
    await all;
    expect([begun, failure]).toEqual([[0, 1, 2], 'failed at 1']);
  });

  it('has nothing to do for no items, and no more lanes than items', async () => {
    await forEachParallel([], 4, () => expect.unreachable());
    const { begun, work, finish } = waiting();
    const all = forEachParallel(['a'], 4, work);
    await setImmediate();
    expect(begun).toEqual([0]);
    await finish(0);
    await all;
  });
});
