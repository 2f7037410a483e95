import { describe, expect, it } from 'vitest';
import { atLeastOne, largestDifference } from '../../src/core/largest-difference.ts';

const { NaN: none, POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;

describe('largestDifference', () => {
  it.each<[string, number[], number[], number]>([
    ['nothing', [], [], 0],
    ['the same', [1, -2, 0], [1, -2, -0], 0],
    ['the first too high', [1.5, 2, 3], [1, 2, 3], 0.5],
    ['the last too low', [1, 2, 2.75], [1, 2, 3], 0.25],
    ['the largest in the middle', [1.5, 4, 3.5], [1, 2, 3], 2],
    ['equal infinities', [infinity, minusInfinity, 1.5], [infinity, minusInfinity, 1], 0.5],
    ['opposite infinities', [infinity], [minusInfinity], infinity],
    ['an infinity where a number is expected', [minusInfinity, 1], [0, 1], infinity],
    ['a number where an infinity is expected', [0, 1], [infinity, 1], infinity],
    ['no number, given', [none, 1], [0, 1], infinity],
    ['no number, expected', [0, 1], [0, none], infinity],
    ['no number on both sides', [none, 1], [none, 1], infinity],
    ['no number before a difference', [none, 9], [0, 1], infinity],
    ['fewer', [1], [1, 1], infinity],
    ['more', [1, 1], [1], infinity],
  ])('of %s', (_, actual, expected, difference) => {
    expect(largestDifference(actual, expected)).toBe(difference);
    expect(largestDifference(Float32Array.from(actual), Float64Array.from(expected))).toBe(difference);
  });

  it('is relative where it is told so, to the expected value alone', () => {
    expect(largestDifference([110, 0.75], [100, 0.5], atLeastOne)).toBe(0.25);
    expect(largestDifference([150, 0.75], [-100, 0.5], atLeastOne)).toBe(2.5);
    expect(largestDifference([200, 0.5], [100, 0.5], (value) => value)).toBe(1);
  });

  it('is infinite, and not no number, beside infinities that are divided', () => {
    expect(largestDifference([infinity], [minusInfinity], atLeastOne)).toBe(infinity);
    expect(largestDifference([1], [infinity], atLeastOne)).toBe(infinity);
  });
});
