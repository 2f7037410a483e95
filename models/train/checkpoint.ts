import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/core/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/core/safetensors.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';

export type CheckpointName = 'best' | 'last';

const progressSchema = z.object({
  /** Epochs finished. */
  epoch: z.int().min(0),
  /** Steps made in the epoch after that; with the run's seed this is all that order and augmentation depend on. */
  step: z.int().min(0),
  /** Over those steps: the samples' losses, summed, their number, and the seconds they took. */
  partial: z.object({ loss: z.number(), samples: z.int().min(0), seconds: z.number() }),
  /** Scores of the finished epoch; null before the first. */
  validation: z
    .object({ loss: z.number(), precision: z.number(), recall: z.number(), f1: z.number() })
    .nullable(),
  /** The best validation F1 so far. */
  bestF1: z.number().nullable(),
});

/** How far a run has come. */
export type TrainingProgress = z.infer<typeof progressSchema>;

/** All that going on depends on. */
export interface Checkpoint extends TrainingProgress {
  readonly weights: Readonly<Record<string, Tensor>>;
  readonly velocities: Readonly<Record<string, Tensor>>;
}

const prefixes = { weights: 'model/', velocities: 'velocity/' } as const;

export function checkpointPath(folder: string, name: CheckpointName): string {
  return join(folder, 'checkpoints', `${name}.safetensors`);
}

export async function writeCheckpoint(
  folder: string,
  name: CheckpointName,
  { weights, velocities, ...progress }: Checkpoint,
): Promise<void> {
  const tensors = Object.fromEntries([
    ...Object.entries(weights).map(([key, value]) => [prefixes.weights + key, value]),
    ...Object.entries(velocities).map(([key, value]) => [prefixes.velocities + key, value]),
  ]);
  const bytes = encodeSafetensors(tensors, { progress: JSON.stringify(progress) });
  await writeFileAtomic(checkpointPath(folder, name), bytes);
}

/** @returns null where there is none yet. @throws UserError naming the file when it is damaged */
export async function readCheckpoint(folder: string, name: CheckpointName): Promise<Checkpoint | null> {
  const path = checkpointPath(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const under = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors).flatMap(([key, value]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
      ),
    );
  return {
    ...parseProgress(metadata.progress, path),
    weights: under(prefixes.weights),
    velocities: under(prefixes.velocities),
  };
}

function parseProgress(text: string | undefined, path: string): TrainingProgress {
  try {
    return progressSchema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new UserError(`${path} is not a checkpoint of a run`, {
      received: text === undefined ? 'no record of its progress' : 'a damaged record of its progress',
      remedy: 'train again, or export the other checkpoint',
      cause,
    });
  }
}
