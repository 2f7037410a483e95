import { UserError } from '../../src/core/errors.ts';

/** What separates two classes: `Σ factor · kernel(sample, x) + offset` is above 0 for the one that is there. */
export interface Separation {
  /** One a row that was learnt from; 0 for those that do not matter. */
  readonly factors: Float64Array;
  readonly offset: number;
}

/** Similarities of every two samples, rows × rows. */
export interface Kernel {
  readonly rows: number;
  readonly values: Float32Array;
}

/** How far from optimal two samples may be. */
const tolerance = 1e-5;
/** Stands for what rounding makes 0. */
const smallest = 1e-12;
/** LIBSVM's limit. */
const mostSteps = 10_000_000;

/**
 * A support vector machine of two classes, by sequential minimal optimisation with second-order selection of pairs
 * (Fan, Chen and Lin 2005), as LIBSVM's C-SVC without shrinking.
 *
 * @param truth 0 or 1 a row of `rows`, both there
 * @param rows of the kernel's samples, those to learn from
 * @param cost the most that a sample may count
 * @throws UserError where it does not settle
 */
export function separate(
  { values, rows: all }: Kernel,
  truth: ArrayLike<number>,
  rows: readonly number[],
  cost: number,
): Separation {
  const n = rows.length;
  const sign = Float64Array.from({ length: n }, (_, i) => (truth[i] ? 1 : -1));
  const alpha = new Float64Array(n);
  const slope = new Float64Array(n).fill(-1);
  const kernel = (i: number, j: number) => values[rows[i] * all + rows[j]];
  const canRise = (i: number) => (sign[i] > 0 ? alpha[i] < cost : alpha[i] > 0);
  const canFall = (i: number) => (sign[i] > 0 ? alpha[i] > 0 : alpha[i] < cost);
  for (let step = 0, pair = worstPair(); pair; step++, pair = worstPair()) {
    if (step === mostSteps) {
      throw new UserError('support vectors must settle', {
        received: `none that did in ${mostSteps} steps`,
        remedy: 'lower cost or gamma of the svm',
      });
    }
    change(...pair);
  }
  return { factors: alpha.map((value, i) => value * sign[i]), offset: offset() };

  function worstPair(): [number, number] | null {
    let [first, highest] = [-1, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < n; i++) {
      if (canRise(i) && -sign[i] * slope[i] > highest) [first, highest] = [i, -sign[i] * slope[i]];
    }
    let [second, best, lowest] = [-1, 0, Number.POSITIVE_INFINITY];
    for (let j = 0; j < n; j++) {
      if (first < 0 || !canFall(j)) continue;
      const own = -sign[j] * slope[j];
      lowest = Math.min(lowest, own);
      const gap = highest - own;
      if (gap <= 0) continue;
      const gain = (gap * gap) / bend(first, j);
      if (gain > best) [second, best] = [j, gain];
    }
    return second < 0 || highest - lowest < tolerance ? null : [first, second];
  }

  function bend(i: number, j: number): number {
    return Math.max(kernel(i, i) + kernel(j, j) - 2 * kernel(i, j), smallest);
  }

  /** Moves two samples along the line on which their sum by sign stays, as far as both may go. */
  function change(i: number, j: number): void {
    const room = (k: number, rises: boolean) => (sign[k] > 0 === rises ? cost - alpha[k] : alpha[k]);
    const wanted = (sign[j] * slope[j] - sign[i] * slope[i]) / bend(i, j);
    const length = Math.min(wanted, room(i, true), room(j, false));
    for (const [k, direction] of [
      [i, sign[i]],
      [j, -sign[j]],
    ]) {
      const changed = alpha[k] + length * direction;
      // At a bound exactly, so that it is known to be there.
      alpha[k] = changed < smallest ? 0 : changed > cost - smallest ? cost : changed;
    }
    for (let k = 0; k < n; k++) slope[k] += length * sign[k] * (kernel(i, k) - kernel(j, k));
  }

  /** By samples within the bounds; where all are at one, midway between what they allow. */
  function offset(): number {
    let [sum, count, least, most] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < n; i++) {
      const own = -sign[i] * slope[i];
      if (canRise(i) && canFall(i)) {
        sum += own;
        count++;
      } else if (canRise(i)) {
        least = Math.max(least, own);
      } else {
        most = Math.min(most, own);
      }
    }
    return count > 0 ? sum / count : (least + most) / 2;
  }
}
