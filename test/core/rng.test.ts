import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.ts';

const words = (seed: number | string) => {
  const rng = new Rng(seed);
  return [1, 2, 3].map(() => rng.uniform() * 2 ** 32);
};

// Published figures rest on these streams: a change here is a change of every result.
it.each<[number | string, number[]]>([
  [0, [1571104547, 2160833214, 3346722816]],
  [1, [3118079959, 1946647064, 1266747443]],
  [7, [3855218275, 505553420, 1542424368]],
  [42, [629340562, 2595463423, 1447983984]],
  [99999, [2379269431, 2875991356, 886001699]],
  ['7/video-12', [2213724221, 1255641967, 1210425241]],
  ['golden/64,64,3', [807466099, 307579531, 3030936102]],
])('the stream of %s stays as it is', (seed, expected) => {
  expect(words(seed)).toEqual(expected);
});

it('the seeds from 0 to 99,999 have streams of their own', () => {
  const streams = new Set(Array.from({ length: 100_000 }, (_, seed) => words(seed).join()));
  expect(streams.size).toBe(100_000);
});

// What follows is computed from the published algorithm of sfc32 by a few lines of Python, with a seed of 7.
describe('with the seed 7', () => {
  it('numbers lie between the given ends', () => {
    const rng = new Rng(7);
    expect(rng.uniform(-10, 10)).toBeCloseTo(7.952259047888219, 12);
    expect(rng.uniform()).toBeCloseTo(0.11770832818001509, 15);
  });

  it('normal values come by Box and Muller', () => {
    const rng = new Rng(7);
    expect(rng.normal()).toBeCloseTo(1.5771895722211207, 12);
    expect(rng.normal()).toBeCloseTo(-0.6261877680271867, 12);
    expect(rng.normal(5, 2)).toBeCloseTo(5.489948647708706, 12);
  });

  it('many normal values use both of each pair, and an odd one its first', () => {
    const rng = new Rng(7);
    const expected = [
      14.731568716663363, 14.31673124092286, 8.12143669591844, 7.883508206699018, 10.73492297156306,
    ];
    expect([...rng.normals(5, 10, 3)]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
    // Six words were used.
    expect(rng.uniform() * 2 ** 32).toBe(1992705603);
    expect([...new Rng(7).normals(2)]).toEqual([expect.closeTo(1.5771895, 5), expect.closeTo(1.4389104, 5)]);
  });

  it('whole numbers, choices and orders are these', () => {
    const drawn = <T>(count: number, draw: (rng: Rng) => T) => {
      const rng = new Rng(7);
      return Array.from({ length: count }, () => draw(rng));
    };
    expect(drawn(8, (rng) => rng.integer(10))).toEqual([8, 1, 3, 6, 3, 2, 4, 3]);
    expect(drawn(8, (rng) => rng.chance(0.3))).toEqual([0, 1, 0, 0, 0, 1, 0, 0].map(Boolean));
    expect(drawn(6, (rng) => rng.pick([...'abcde'])).join('')).toBe('eabdbb');
    expect(drawn(10, (rng) => rng.weighted([1, 0, 2, 1]))).toEqual([3, 0, 2, 2, 2, 0, 2, 2, 2, 0]);
    const letters = [...'abcde'];
    expect(new Rng(7).shuffle(letters).join('')).toBe('dcbae');
    expect(letters.join('')).toBe('abcde');
  });

  it('a stream goes on from its state, which is four unsigned words', () => {
    const rng = new Rng(7);
    for (let i = 0; i < 8; i++) rng.uniform();
    expect(rng.state).toEqual([1998153641, 134700217, 3360462975, 24]);
    const other = new Rng('other');
    other.state = rng.state;
    expect([other.uniform(), other.uniform()]).toEqual([rng.uniform(), rng.uniform()]);
    expect(other.state).toEqual(rng.state);
  });

  it('an index of weights that rounding has left none for is the last', () => {
    const rng = new Rng(7);
    // Nothing weighs anything.
    expect(rng.weighted([0, 0, 0])).toBe(2);
    expect(rng.weighted([0, 1])).toBe(1);
  });
});
