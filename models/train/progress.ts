import { isBetter, isSameMeasure } from './best-epoch.ts';
import type { TrainingProgress } from './checkpoint.ts';
import type { ValidationScores } from './run-record.ts';
import { schedules } from './schedules/index.ts';
import type { Stage } from './stage.ts';

const emptyEpoch = { step: 0, partial: { loss: 0, samples: 0, seconds: 0 } };

/** Of a run that has not begun. */
export const noProgress: TrainingProgress = {
  ...{ epoch: 0, ...emptyEpoch, validation: null, best: null, schedule: null },
  average: { steps: 0, taken: 0 },
};

/** Once a batch is done: its losses summed, its samples, and the seconds it took. */
export function afterBatch(
  progress: TrainingProgress,
  { loss, samples, seconds }: TrainingProgress['partial'],
): TrainingProgress {
  const { step, partial } = progress;
  return {
    ...{ ...progress, step: step + 1 },
    partial: {
      loss: partial.loss + loss,
      samples: partial.samples + samples,
      seconds: partial.seconds + seconds,
    },
  };
}

/** Once an epoch of a stage is validated, and whether its scores are the best so far. */
export function afterEpoch(
  progress: TrainingProgress,
  stage: Stage,
  validation: ValidationScores,
): { progress: TrainingProgress; isBest: boolean } {
  const { epoch, best, schedule } = progress;
  const score = validation[stage.keep.metric];
  const isBest = isBetter(score, best, stage.keep);
  const { watch } = schedules.make(stage.schedule);
  return {
    isBest,
    progress: {
      ...progress,
      ...{ epoch: epoch + 1, ...emptyEpoch, validation },
      best: isBest ? score : best,
      schedule: watch?.(schedule, score, stage.keep.best) ?? schedule,
    },
  };
}

/**
 * Where a stage begins: what the one before it has reached is forgotten where it is another measure, and what its schedule
 * remembers unless the stage continues it.
 *
 * @param before the stage that has ended; null for the first
 */
export function atStage(progress: TrainingProgress, stage: Stage, before: Stage | null): TrainingProgress {
  return {
    ...progress,
    best: before && isSameMeasure(before.keep, stage.keep) ? progress.best : null,
    schedule: stage.continues ? progress.schedule : null,
  };
}
