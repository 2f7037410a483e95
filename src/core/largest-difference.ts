/**
 * How far two lists of numbers are apart: the largest of |actual − expected|, not negative; 0 for empty lists.
 *
 * Equal infinities are no difference. Infinity where the lengths differ, where one value is infinite and the other is
 * not that infinity, and where a value is NaN, on either side or on both: what is no number agrees with nothing.
 *
 * @param scaleOf what a difference is divided by, of the expected value, above 0. Default: 1, for absolute differences
 * @example largestDifference([1, 2, 3], [1, 2.5, 3]); // 0.5
 */
export function largestDifference(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scaleOf: (expected: number) => number = () => 1,
): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) continue;
    const difference = Math.abs(actual[i] - expected[i]) / scaleOf(expected[i]);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** The scale of differences that are relative for large values and absolute for small ones: max(1, |expected|). */
export function atLeastOne(expected: number): number {
  return Math.max(1, Math.abs(expected));
}
