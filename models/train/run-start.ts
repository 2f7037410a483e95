import { existsSync } from 'node:fs';
import { UserError } from '../../src/core/errors.ts';
import type { Sample } from '../../src/datasets/dataset.ts';
import { checkpointPath } from './checkpoint.ts';
import { checkSameRun, describeRun } from './run-identity.ts';
import { type RunRecord, readRunRecord, requireNoRun } from './run-record.ts';
import type { TrainSettings } from './train-settings.ts';

/** A run that may begin, or go on. */
export interface RunStart {
  readonly run: RunRecord;
  readonly training: readonly Sample[];
  readonly validation: readonly Sample[];
  /** Whether its folder has its record already, and whether it has come to a checkpoint. */
  readonly isRecorded: boolean;
  readonly isBegun: boolean;
}

/**
 * Looks at the data and at what is in the run's folder.
 * @throws UserError where a split is empty, the folder is another's, or its run is another one or may not be gone on with
 */
export async function startOf(settings: TrainSettings): Promise<RunStart> {
  const { dataset, folder, resume, splits = { train: 'train', validation: 'val' } } = settings;
  const [training, validation] = await Promise.all([
    dataset.samples(splits.train),
    dataset.samples(splits.validation),
  ]);
  for (const [split, samples] of [
    [splits.train, training],
    [splits.validation, validation],
  ] as const) {
    if (samples.length === 0) throw new UserError(`the ${split} split of ${dataset.root} has no samples`);
  }
  const run = await describeRun(settings, splits, training.length, validation.length);
  const earlier = await readRunRecord(folder);
  if (!earlier) await requireNoRun(folder);
  // A run that never came to its first checkpoint is nothing to lose.
  const isBegun = earlier !== null && existsSync(checkpointPath(folder, 'last'));
  if (earlier && (isBegun || resume)) checkSameRun(earlier, run, folder, resume ?? false);
  return { run, training, validation, isRecorded: earlier !== null, isBegun };
}
