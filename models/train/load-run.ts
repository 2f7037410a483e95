import type { LayersModel } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import { schemaFault } from '../../src/core/schema-fault.ts';
import { requireFinite } from '../../src/core/weights.ts';
import { systems } from '../index.ts';
import { withoutOutputs } from './auxiliary-outputs.ts';
import { type CheckpointName, checkpointPath, readCheckpoint } from './checkpoint.ts';
import { assignWeights } from './model-weights.ts';
import { type RunRecord, readRunRecord, type ValidationScores } from './run-record.ts';

/** A trained model, and where it comes from. */
export interface LoadedRun {
  /** Built at the system's full clip length, without its auxiliary outputs. The caller disposes it. */
  readonly model: LayersModel;
  readonly run: RunRecord;
  /** The epoch whose weights these are; its scores are null where it was cut short. */
  readonly checkpoint: { readonly epoch: number; readonly validation: ValidationScores | null };
}

/**
 * The model of a run folder, with the weights of its best or its last epoch, on the active backend.
 *
 * @throws UserError when the folder holds no run, no such checkpoint, or a damaged one
 * @example const { model, run } = await loadRun('runs/pcd', 'best');
 */
export async function loadRun(folder: string, name: CheckpointName): Promise<LoadedRun> {
  const run = await readRunRecord(folder);
  if (!run) {
    throw new UserError(`${folder} holds no training run`, {
      remedy: 'name a folder that `actionnx train` wrote',
    });
  }
  const checkpoint = await readCheckpoint(folder, name);
  if (!checkpoint) {
    throw new UserError(`the run in ${folder} has no ${name} checkpoint yet`, {
      remedy: 'train at least one epoch',
    });
  }
  requireFinite(
    Object.entries(checkpoint.weights).map(([name, { data }]) => ({ name, data: () => data })),
    checkpointPath(folder, name),
  );
  const system = systems.get(run.system);
  const config = system.config.safeParse(run.config);
  if (!config.success) {
    throw new UserError(`the run in ${folder} has no configuration of ${run.system}`, {
      received: schemaFault(config.error, system.config),
    });
  }
  const model = system.build(config.data, run.seed);
  try {
    assignWeights(model, checkpoint.weights, checkpointPath(folder, name));
  } catch (error) {
    model.dispose();
    throw error;
  }
  const { epoch, step, validation } = checkpoint;
  return {
    model: withoutOutputs(model, system.auxiliary ?? []),
    run,
    checkpoint: { epoch: step > 0 ? epoch + 1 : epoch, validation: step > 0 ? null : validation },
  };
}
