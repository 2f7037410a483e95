import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, UserError, usageError } from '../../src/core/errors.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import { readText } from '../../src/node/text-file.ts';
import { schemaFault } from '../schema-fault.ts';
import { augmentations, type Recipe } from '../system.ts';
import { checkpointPath } from './checkpoint.ts';

const recipeSchema = z.strictObject({
  loss: z.literal('log'),
  reduction: z.enum(['sum', 'mean']),
  learningRate: z.number().positive(),
  schedule: z.enum(['constant', 'cosine']),
  momentum: z.number().min(0).lt(1),
  weightDecay: z.number().min(0),
  epochs: z.int().positive(),
  batch: z.int().positive(),
  augment: z.array(z.enum(augmentations)),
  curriculum: z
    .array(
      z.strictObject({
        frames: z.int().positive(),
        speed: z.int().positive(),
        until: z.number().gt(0).max(1),
      }),
    )
    .optional(),
});

/** @throws UserError (exit 2) naming the first field that cannot be trained with */
export function checkRecipe(recipe: Recipe): void {
  const parsed = recipeSchema.safeParse(recipe);
  if (parsed.success) return;
  throw new UserError('the recipe cannot be trained with', {
    received: schemaFault(parsed.error, recipeSchema),
    exitCode: 2,
  });
}

const runSchema = z.strictObject({
  format: z.literal('actionnx-run'),
  formatVersion: z.literal(1),
  system: z.string(),
  preset: z.string(),
  config: z.record(z.string(), z.unknown()),
  recipe: recipeSchema,
  seed: z.int(),
  dataset: z.strictObject({
    name: z.string(),
    root: z.string(),
    train: z.strictObject({ split: z.string(), samples: z.int() }),
    validation: z.strictObject({ split: z.string(), samples: z.int() }),
  }),
  labels: z.strictObject({ names: z.array(z.string()), codes: z.array(z.int()), hash: z.string() }),
  /** The file whose weights it started from; absent where they were drawn. */
  pretrained: z.strictObject({ file: z.string(), sha256: z.string(), format: z.string() }).optional(),
  /** What it was started with; a resumed run may have gone on with another one. */
  backend: z.strictObject({ name: z.string(), detail: z.string() }),
  versions: z.record(z.string(), z.string()),
});

/** `run.json`: what a run trains, on what, and how. Written once, at the start. */
export type RunRecord = z.infer<typeof runSchema>;

/** Scores on the validation split: example-based rates in 0–1, and the mean loss of a sample. */
export interface ValidationScores {
  readonly loss: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** One line of `metrics.jsonl`. `loss` is the mean log loss of a training sample, summed over its labels. */
export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  /** The rate of the epoch's last step. */
  readonly learningRate: number;
  readonly seconds: number;
  readonly validation: ValidationScores;
}

export async function writeRunRecord(folder: string, run: RunRecord): Promise<void> {
  await writeFileAtomic(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}

/** @returns null where the folder holds no run. @throws UserError naming the file when it is damaged */
export async function readRunRecord(folder: string): Promise<RunRecord | null> {
  const path = join(folder, 'run.json');
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const damaged = (received: string) =>
    new UserError(`${path} is not a valid run record`, {
      received,
      remedy: 'train again into another folder',
    });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(reasonOf(error));
  }
  const parsed = runSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw damaged(schemaFault(parsed.error, runSchema));
}

/**
 * Checks that a folder without a run record holds nothing that a run would write over.
 *
 * @throws UserError (exit 2) naming the first file that is another's
 */
export async function requireNoRun(folder: string): Promise<void> {
  const checkpoints = (['best', 'last'] as const).map((name) => checkpointPath(folder, name));
  const other = [join(folder, 'metrics.jsonl'), ...checkpoints].find((path) => existsSync(path));
  if (other === undefined) return;
  throw usageError('a run needs a folder of its own', {
    received: `${other}, which is of no run: there is no run.json beside it`,
    remedy: 'give another with --out',
  });
}

export async function writeMetrics(folder: string, epochs: readonly EpochRecord[]): Promise<void> {
  await writeFileAtomic(
    join(folder, 'metrics.jsonl'),
    epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''),
  );
}

/** The epochs of a run so far; none where it has not finished one. */
export async function readMetrics(folder: string): Promise<EpochRecord[]> {
  const path = join(folder, 'metrics.jsonl');
  try {
    const lines = (await readText(path)).split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new UserError(`${path} cannot be read`, { received: reasonOf(error) });
  }
}
