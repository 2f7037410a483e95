import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../src/core/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/core/safetensors.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import type { Slots } from './optimizers/optimizer.ts';

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
  /** The best score so far, by the measure that the stage keeps. */
  best: z.number().nullable(),
  /** What the stage's schedule remembers. */
  schedule: z.record(z.string(), z.number()).nullable(),
  /** Steps that the stage's average of weights has seen, and those that it took in. */
  average: z.object({ steps: z.int().min(0), taken: z.int().min(0) }),
});

/** Before there were stages, a run had neither memory nor averages, and kept the best F1. */
const upgraded = z.preprocess((json) => {
  if (!Object.hasOwn(Object(json), 'bestF1')) return json;
  const { bestF1, ...progress } = Object(json);
  return { ...progress, best: bestF1, schedule: null, average: { steps: 0, taken: 0 } };
}, progressSchema);

/** How far a run has come. */
export type TrainingProgress = z.infer<typeof progressSchema>;

/** All that going on depends on. */
export interface Checkpoint extends TrainingProgress {
  readonly weights: Readonly<Record<string, Tensor>>;
  /** What else is kept of each weight, by what that is: the optimiser's "velocity", the "raw" weights of an average. */
  readonly slots: Slots;
}

const weightsPrefix = 'model/';

export function checkpointPath(folder: string, name: CheckpointName): string {
  return join(folder, 'checkpoints', `${name}.safetensors`);
}

export async function writeCheckpoint(
  folder: string,
  name: CheckpointName,
  { weights, slots, ...progress }: Checkpoint,
): Promise<void> {
  const tensors = Object.fromEntries([
    ...Object.entries(weights).map(([name, value]) => [weightsPrefix + name, value]),
    ...Object.entries(slots).flatMap(([slot, values]) =>
      Object.entries(values).map(([name, value]) => [`${slot}/${name}`, value]),
    ),
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
  const weights: Record<string, Tensor> = {};
  const slots: Record<string, Record<string, Tensor>> = {};
  for (const [key, value] of Object.entries(tensors)) {
    const end = key.indexOf('/');
    const [slot, name] = [key.slice(0, Math.max(0, end)), key.slice(end + 1)];
    if (key.startsWith(weightsPrefix)) weights[name] = value;
    else (slots[slot] ??= {})[name] = value;
  }
  return { ...parseProgress(metadata.progress, path), weights, slots };
}

function parseProgress(text: string | undefined, path: string): TrainingProgress {
  try {
    return upgraded.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new UserError(`${path} is not a checkpoint of a run`, {
      received: text === undefined ? 'no record of its progress' : 'a damaged record of its progress',
      remedy: 'train again, or export the other checkpoint',
      cause,
    });
  }
}
