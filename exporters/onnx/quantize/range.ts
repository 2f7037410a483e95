/** The least and the largest value that a quantised tensor is to hold; what lies outside is clipped. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Scale and zero point of a uint8 tensor: value = (stored − zeroPoint) · scale. */
export interface AffineScale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** uint8's scale for a range, widened to hold zero, which has to be exact: it is what convolutions pad with. */
export function affineScale(range: Range): AffineScale {
  const [min, max] = [Math.min(0, range.min), Math.max(0, range.max)];
  const scale = Math.fround((max - min) / 255) || 1;
  return { scale, zeroPoint: Math.max(0, Math.min(255, Math.round(-min / scale))) };
}

/** How often values fell into each of equal bins from `min` to `max`. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
}

const bins = 2048;

export function emptyHistogram({ min, max }: Range): Histogram {
  return { min, max, counts: new Float64Array(bins) };
}

export function countValues({ min, max, counts }: Histogram, values: Float32Array): void {
  if (!(max > min)) return;
  const perBin = bins / (max - min);
  for (const value of values) counts[Math.min(bins - 1, Math.max(0, Math.floor((value - min) * perBin)))]++;
}

/**
 * The range that leaves out the outermost values.
 *
 * @param share of the values that the range has to hold, such as 0.9999; half of the rest is cut at either end, all of
 *   it above where nothing is negative
 */
export function percentileRange({ min, max, counts }: Histogram, share: number): Range {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cut = total * (1 - share) * (min < 0 ? 0.5 : 1);
  const width = (max - min) / bins;
  let [low, high] = [0, bins - 1];
  if (min < 0) for (let sum = counts[0]; sum <= cut && low < high; sum += counts[++low]);
  for (let sum = counts[high]; sum <= cut && high > low; sum += counts[--high]);
  return { min: min + low * width, max: min + (high + 1) * width };
}

/**
 * The range whose quantised distribution is nearest to the values' own by the Kullback-Leibler divergence: the
 * calibration of Migacz, "8-bit inference with TensorRT" (GTC 2017), on magnitudes. Signed values share the levels
 * between both signs, and the range is symmetric.
 */
export function entropyRange(histogram: Histogram): Range {
  const { min, max } = histogram;
  const isSigned = min < 0;
  const largest = Math.max(-min, max);
  const magnitudes = isSigned ? foldSigns(histogram, largest) : histogram.counts.slice();
  // Zeros are held exactly whatever the range, and after a rectifier there are so many that they would decide alone.
  magnitudes[0] = 0;
  const levels = isSigned ? 128 : 256;
  let [best, least] = [bins, Number.POSITIVE_INFINITY];
  for (let kept = levels; kept <= bins; kept += bins / 128) {
    const divergence = clippedDivergence(magnitudes, kept, levels);
    if (divergence < least) [best, least] = [kept, divergence];
  }
  const limit = (largest * best) / bins;
  return { min: isSigned ? Math.max(min, -limit) : min, max: Math.min(max, limit) };
}

/** The histogram of magnitudes, over [0, largest]. */
function foldSigns({ min, max, counts }: Histogram, largest: number): Float64Array {
  const folded = new Float64Array(bins);
  counts.forEach((count, bin) => {
    const middle = min + ((bin + 0.5) * (max - min)) / bins;
    folded[Math.min(bins - 1, Math.floor((Math.abs(middle) / largest) * bins))] += count;
  });
  return folded;
}

/** From the first `kept` bins, with all beyond them in the last, to the same in `levels` levels. */
function clippedDivergence(counts: Float64Array, kept: number, levels: number): number {
  const clipped = counts.slice(0, kept);
  const own = clipped.reduce((sum, count) => sum + count, 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  clipped[kept - 1] += total - own;
  let divergence = 0;
  for (let level = 0; level < levels; level++) {
    const [from, to] = [Math.floor((level * kept) / levels), Math.floor(((level + 1) * kept) / levels)];
    // Each level spreads what it holds, without the clipped rest, over its bins that are not empty.
    let [sum, filled] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      sum += counts[bin];
      if (clipped[bin] > 0) filled++;
    }
    for (let bin = from; bin < to; bin++) {
      if (clipped[bin] === 0) continue;
      const [p, q] = [clipped[bin] / total, Math.max(sum / filled, 1e-9) / Math.max(own, 1)];
      divergence += p * Math.log(p / q);
    }
  }
  return divergence;
}
