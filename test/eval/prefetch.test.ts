import { describe, expect, it } from 'vitest';
import { prefetch } from '../../eval/prefetch.ts';

/** Jobs that end when they are told to, and which of them have begun. */
function jobs(count: number) {
  const begun: number[] = [];
  const ends: ((fails?: Error) => void)[] = [];
  const list = Array.from({ length: count }, (_, i) => () => {
    begun.push(i);
    return new Promise<number>((resolve, reject) => {
      ends[i] = (error) => (error ? reject(error) : resolve(i * 10));
    });
  });
  return { list, begun, ends };
}

describe('prefetch', () => {
  it.each([0, 1, 2])(
    'has %i jobs under way beside the one that is waited for, and results in their order',
    async (depth) => {
      const { list, begun, ends } = jobs(5);
      const results = prefetch(list, depth);
      for (let i = 0; i < 5; i++) {
        const next = results.next();
        const last = Math.min(4, i + depth);
        expect(begun).toEqual(Array.from({ length: last + 1 }, (_, job) => job));
        // The last of them ends first.
        for (let job = last; job >= i; job--) ends[job]();
        expect(await next).toEqual({ value: i * 10, done: false });
      }
      expect(await results.next()).toEqual({ value: undefined, done: true });
    },
  );

  it('throws a failure when its turn comes, and what is under way has ended', async () => {
    const { list, begun, ends } = jobs(4);
    const results = prefetch(list, 2);
    const first = results.next();
    ends[1](new Error('the second'));
    ends[0]();
    expect(await first).toEqual({ value: 0, done: false });
    const second = results.next().catch((error: Error) => error.message);
    let isOver = false;
    second.then(() => {
      isOver = true;
    });
    ends[2]();
    await new Promise(setImmediate);
    expect([begun, isOver]).toEqual([[0, 1, 2, 3], false]);
    ends[3](new Error('the fourth'));
    expect(await second).toBe('the second');
    expect(await results.next()).toEqual({ value: undefined, done: true });
  });

  it('begins no more once it is left', async () => {
    const { list, begun, ends } = jobs(5);
    for (const end of [0, 1]) setImmediate(() => ends[end]());
    for await (const result of prefetch(list, 1)) if (result === 0) break;
    expect(begun).toEqual([0, 1]);
  });
});
