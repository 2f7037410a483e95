import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { forEachParallel, Tasks } from '../../src/core/parallel.ts';

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

describe('Tasks', () => {
  it('lets the caller go on while there is room, and wait where there is none', async () => {
    const { begun, work, finish } = waiting();
    const tasks = new Tasks(2);
    const started: number[] = [];
    const start = (index: number) =>
      tasks.start(() => work('abcdef'[index], index)).then(() => started.push(index));
    await start(0);
    await start(1);
    const third = start(2);
    await setImmediate();
    expect([begun, started]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    await finish(0);
    await third;
    expect([begun, started]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    const end = tasks.finish().then(() => started.push(-1));
    await finish(1);
    expect(started).not.toContain(-1);
    await finish(2);
    await end;
  });

  it('tells of a failure to whoever begins the next, and at the end, after the others', async () => {
    const { begun, work, finish, fail } = waiting();
    const tasks = new Tasks(3);
    await tasks.start(() => work('a', 0));
    await tasks.start(() => work('b', 1));
    await fail(1);
    await expect(tasks.start(() => work('c', 2))).rejects.toThrow('failed at 1');
    expect(begun).toEqual([0, 1]);
    let failure = '';
    const end = tasks.finish().catch((error: Error) => {
      failure = error.message;
    });
    await setImmediate();
    expect(failure).toBe('');
    await finish(0);
    await end;
    expect(failure).toBe('failed at 1');
  });
});
