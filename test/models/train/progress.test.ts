import { describe, expect, it } from 'vitest';
import { logLoss } from '../../../models/train/losses/log.ts';
import { sgd } from '../../../models/train/optimizers/sgd.ts';
import { afterBatch, afterEpoch, atStage, noProgress } from '../../../models/train/progress.ts';
import { constant } from '../../../models/train/schedules/constant.ts';
import { plateau } from '../../../models/train/schedules/plateau.ts';
import { type Stage, stage } from '../../../models/train/stage.ts';

const byF1: Stage = stage({
  ...{ name: 'first', epochs: 3, batch: 4, rate: 0.1 },
  ...{ loss: logLoss(), optimizer: sgd(), schedule: constant(), augment: [] },
  keep: { metric: 'f1', best: 'highest' },
});
const byLoss: Stage = { ...byF1, keep: { metric: 'loss', best: 'lowest' } };
const scores = { loss: 2, precision: 0.5, recall: 0.5, f1: 0.5 };
const reached = { ...noProgress, epoch: 2, best: 0.7, schedule: { waited: 1 }, validation: scores };

it('adds up the batches of an epoch', () => {
  const one = afterBatch(reached, { loss: 3, samples: 4, seconds: 0.5 });
  const two = afterBatch(one, { loss: 1, samples: 2, seconds: 0.25 });
  expect(two).toEqual({ ...reached, step: 2, partial: { loss: 4, samples: 6, seconds: 0.75 } });
});

describe('an epoch', () => {
  it('begins anew, and keeps the best score where it is not better', () => {
    const before = afterBatch(reached, { loss: 3, samples: 4, seconds: 0.5 });
    const worse = { ...scores, f1: 0.6 };
    expect(afterEpoch(before, byF1, worse)).toEqual({
      isBest: false,
      progress: { ...reached, epoch: 3, validation: worse },
    });
  });

  it('is the best by the measure that its stage keeps', () => {
    expect(afterEpoch(reached, byF1, { ...scores, f1: 0.8 })).toMatchObject({
      ...{ isBest: true, progress: { best: 0.8 } },
    });
    expect(afterEpoch({ ...reached, best: 2.5 }, byLoss, scores)).toMatchObject({
      ...{ isBest: true, progress: { best: 2 } },
    });
    expect(afterEpoch({ ...reached, best: 1.5 }, byLoss, scores)).toMatchObject({
      ...{ isBest: false, progress: { best: 1.5 } },
    });
  });

  it('is told to a schedule that watches, and leaves what another remembers', () => {
    const watching: Stage = { ...byF1, schedule: plateau({ patience: 0, factor: 0.5 }) };
    const { progress } = afterEpoch({ ...reached, schedule: null }, watching, scores);
    expect(progress.schedule).toEqual(expect.any(Object));
    expect(afterEpoch(reached, byF1, scores).progress.schedule).toEqual({ waited: 1 });
  });
});

describe('a stage', () => {
  it('has a best of its own where it keeps another measure, and where it is the first', () => {
    expect(atStage(reached, byF1, byF1).best).toBe(0.7);
    expect(atStage(reached, byLoss, byF1).best).toBeNull();
    expect(
      atStage(reached, { ...byF1, keep: { metric: 'precision', best: 'highest' } }, byF1).best,
    ).toBeNull();
    expect(atStage(reached, byF1, null).best).toBeNull();
  });

  it('goes on with what the schedule remembers only where it continues the one before', () => {
    expect(atStage(reached, { ...byF1, continues: true }, byF1).schedule).toEqual({ waited: 1 });
    expect(atStage(reached, byF1, byF1).schedule).toBeNull();
  });
});
