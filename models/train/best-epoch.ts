import type { Course } from './course.ts';
import type { EpochRecord } from './run-record.ts';
import type { Stage } from './stage.ts';

type Keep = Stage['keep'];

/** Whether a score is better than the best before it, if there is one. Of two that are as good, the first is the best. */
export function isBetter(score: number, before: number | null, { best }: Keep): boolean {
  return before === null || (best === 'highest' ? score > before : score < before);
}

/** Whether scores of two stages can be compared: else the best is that of the later one. */
export function isSameMeasure(left: Keep, right: Keep): boolean {
  return left.metric === right.metric && left.best === right.best;
}

/** The epoch whose weights are kept as the best. */
export function bestEpoch(epochs: readonly EpochRecord[], course: Course): EpochRecord {
  return epochs.reduce((best, next) => {
    const [before, keep] = [best, next].map(({ epoch }) => course.at(epoch).stage.keep);
    const isBest =
      !isSameMeasure(before, keep) ||
      isBetter(next.validation[keep.metric], best.validation[keep.metric], keep);
    return isBest ? next : best;
  });
}
