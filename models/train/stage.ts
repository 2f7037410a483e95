import { z } from 'zod';
import { UserError } from '../../src/core/errors.ts';
import { schemaFault } from '../../src/core/schema-fault.ts';
import { augmentations } from './augment/augmentation.ts';
import { averages } from './averages/index.ts';
import { losses } from './losses/index.ts';
import { optimizers } from './optimizers/index.ts';
import { constant } from './schedules/constant.ts';
import { schedules } from './schedules/index.ts';

/** Weights that are trained alike. */
const group = z.strictObject({
  /** Their names; `*` stands for any part of one, slashes too: "layer4.*". */
  weights: z.string().min(1),
  /** In place of the stage's rate. */
  rate: z.number().positive().optional(),
  /** In place of the optimiser's weight decay. */
  decay: z.number().min(0).optional(),
  /** Whether batch norms go by each batch and move their averages, or go by these and keep them. */
  averages: z.enum(['moving', 'kept']).default('moving'),
});

/** Where weights come from as a stage begins: a run of ours, or a file of weights. */
const source = z
  .strictObject({
    /** How the names of the weights begin: all of them where it is left out, a model's inside by its name, "cnn/". */
    prefix: z.string().default(''),
    run: z.string().optional(),
    /** Which of the run's checkpoints. */
    checkpoint: z.enum(['best', 'last']).optional(),
    file: z.string().optional(),
  })
  .refine(({ run, file }) => (run === undefined) !== (file === undefined), 'a source is one run, or one file')
  .refine(({ file, checkpoint }) => !(file && checkpoint), 'a file has no checkpoints to choose from');

/** A stretch of epochs that are trained in one way. */
export const stageSchema = z.strictObject({
  name: z.string().min(1),
  epochs: z.int().positive(),
  /** Samples a batch. */
  batch: z.int().positive(),
  /** The learning rate that the schedule starts from. */
  rate: z.number().positive(),
  /** In place of the weights that it would begin with. */
  from: z.array(source).default([]),
  /** A weight belongs to the first group that names it. One in none is frozen, and so are the averages of batch norms. */
  train: z
    .array(group)
    .min(1, 'a stage must train something')
    .default([{ weights: '*', averages: 'moving' }]),
  loss: losses.schema,
  optimizer: optimizers.schema,
  schedule: schedules.schema.default(constant()),
  augment: z.array(z.enum(augmentations)).default([]),
  /** What the system looks at otherwise than it is configured to: a curriculum is stages that have other clips. */
  inputs: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** Gradients longer than this, all of them taken as one vector, are made that long. */
  clip: z.number().positive().nullable().default(null),
  /** Batches whose gradients make one step, as those of one batch that is so many times as large. */
  accumulate: z.int().positive().default(1),
  /** What of the weights is validated, kept and handed on in place of the last. */
  average: averages.schema.nullable().default(null),
  /** The score that says which epoch is kept as the best. */
  keep: z
    .strictObject({
      metric: z.enum(['f1', 'precision', 'recall', 'loss']),
      best: z.enum(['highest', 'lowest']),
    })
    .default({ metric: 'f1', best: 'highest' }),
  /**
   * Goes on where the stage before ends: the optimiser and the average keep what they remember, and the schedule counts
   * the steps of both as one.
   */
  continues: z.boolean().default(false),
});

/** Plain data, as run.json has it. In the definition of a system, epochs may be a fraction: see `wholeEpochs`. */
export type Stage = z.infer<typeof stageSchema>;
export type Group = Stage['train'][number];
export type Source = Stage['from'][number];

/** How a system is trained: one stage after another. */
export type Recipe = readonly Stage[];

/** A stage with what is left out at its default. @throws ZodError */
export function stage(given: z.input<typeof stageSchema>): Stage {
  return stageSchema.extend({ epochs: z.number().positive() }).parse(given);
}

/**
 * Stages that differ in their clips, and share the epochs, the schedule and the optimiser's memory of the whole.
 *
 * @param whole with the epochs of all stages together
 * @param clips each until a share of the epochs, in (0, 1]; the rest has the system's own clips
 * @example curriculum(whole, [{ frames: 8, speed: 2, until: 0.5 }]); // 8 frames for half of the epochs, then whole clips
 */
export function curriculum(
  whole: Stage,
  clips: readonly { frames: number; speed: number; until: number }[],
): Stage[] {
  const stages: Stage[] = [];
  let done = 0;
  for (const { until, ...inputs } of clips) {
    const epochs = until * whole.epochs - done;
    if (epochs <= 0) continue;
    const name = `${inputs.frames} frames`;
    stages.push({ ...whole, name, epochs, inputs, continues: stages.length > 0 });
    done += epochs;
  }
  const rest = whole.epochs - done;
  if (rest > 0) stages.push({ ...whole, name: 'whole clips', epochs: rest, continues: stages.length > 0 });
  return stages;
}

/**
 * The stages with whole numbers of epochs: each ends at the epoch that is nearest, and one that is left with none drops
 * out.
 *
 * @param epochs in all, shared out as before; as many as they have where it is left out
 */
export function wholeEpochs(stages: readonly Stage[], epochs?: number): Stage[] {
  if (epochs !== undefined && !(Number.isInteger(epochs) && epochs > 0)) {
    return stages.map((stage) => ({ ...stage, epochs }));
  }
  const total = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  let [sum, done] = [0, 0];
  const whole = stages.flatMap((stage) => {
    sum += stage.epochs;
    const end = Math.round((sum / total) * (epochs ?? total));
    const own = end - done;
    done = end;
    return own > 0 ? [{ ...stage, epochs: own }] : [];
  });
  return whole.map((stage, i) => (i === 0 ? { ...stage, continues: false } : stage));
}

/** What a stage that continues another must share with it, so that they can be one. */
const shared = ['optimizer', 'schedule', 'average', 'batch', 'accumulate'] as const;

/**
 * A recipe from plain data, with what is left out at its default.
 * @throws UserError (exit 2) naming the first field that cannot be trained with
 */
export function parseRecipe(stages: readonly unknown[]): Stage[] {
  const wrong = (received: string) =>
    new UserError('the recipe cannot be trained with', { received, exitCode: 2 });
  if (stages.length === 0) throw wrong('no stages');
  const recipe: Stage[] = [];
  for (const [i, stage] of stages.entries()) {
    const place = stages.length === 1 ? '' : `stage ${i + 1}: `;
    const parsed = stageSchema.safeParse(stage);
    if (!parsed.success) throw wrong(`${place}${schemaFault(parsed.error, stageSchema)}`);
    losses.make(parsed.data.loss);
    recipe.push(parsed.data);
    if (!parsed.data.continues) continue;
    if (i === 0) throw wrong(`${place}continues: there is no stage before it`);
    const [before, own] = recipe.slice(-2);
    const other = shared.find((key) => JSON.stringify(own[key]) !== JSON.stringify(before[key]));
    if (other !== undefined) throw wrong(`${place}continues: ${other} differs from the stage before`);
  }
  return recipe;
}
