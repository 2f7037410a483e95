import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, UserError, usageError } from '../../src/core/errors.ts';
import { schemaFault } from '../../src/core/schema-fault.ts';
import { writeFileAtomic } from '../../src/node/atomic-file.ts';
import { readText } from '../../src/node/text-file.ts';
import { checkpointPath } from './checkpoint.ts';
import { upgradeRun } from './run-upgrade.ts';
import { stageSchema } from './stage.ts';

const runSchema = z.strictObject({
  format: z.literal('actionnx-run'),
  formatVersion: z.literal(2),
  system: z.string(),
  preset: z.string(),
  config: z.record(z.string(), z.unknown()),
  recipe: z.array(stageSchema).min(1),
  seed: z.int(),
  dataset: z.strictObject({
    name: z.string(),
    root: z.string(),
    train: z.strictObject({ split: z.string(), samples: z.int() }),
    validation: z.strictObject({ split: z.string(), samples: z.int() }),
  }),
  labels: z.strictObject({
    names: z.array(z.string()),
    codes: z.array(z.int()),
    hash: z.string(),
    /** The data set's name for them, and what it asks of them; runs of before these were recorded were of A2D's. */
    space: z.string().default('a2d'),
    task: z.enum(['multi-label', 'single-label']).default('multi-label'),
  }),
  /** The file whose weights it started from; absent where they were drawn. */
  pretrained: z.strictObject({ file: z.string(), sha256: z.string(), format: z.string() }).optional(),
  /** What the recipe's stages take weights from, in their order; absent where they take none. */
  sources: z.array(z.strictObject({ path: z.string(), sha256: z.string() })).optional(),
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

/** One line of `metrics.jsonl`. `loss` is the mean loss of a training sample, as the recipe's loss has it. */
export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  /** The rate of the epoch's last step, of weights whose group has none of its own. */
  readonly learningRate: number;
  readonly seconds: number;
  readonly validation: ValidationScores;
}

export async function writeRunRecord(folder: string, run: RunRecord): Promise<void> {
  await writeFileAtomic(join(folder, 'run.json'), `${JSON.stringify(run, null, 2)}\n`);
}

/**
 * A run of the format's first version is read as if it were of the latest.
 *
 * @returns null where the folder holds no run
 * @throws UserError naming the file when it is damaged
 */
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
  const upgraded = upgradeRun(json);
  if ('fault' in upgraded) throw damaged(upgraded.fault);
  const parsed = runSchema.safeParse(upgraded.run);
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
