import { z } from 'zod';
import { schemaFault } from '../../src/core/schema-fault.ts';
import { augmentations } from './augment/augmentation.ts';
import { logLoss } from './losses/log.ts';
import { sgd } from './optimizers/sgd.ts';
import { constant } from './schedules/constant.ts';
import { cosine } from './schedules/cosine.ts';
import { curriculum, type Stage, stage, wholeEpochs } from './stage.ts';

/** A recipe of the first version: one stage, of fields instead of values, with a curriculum inside. */
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

const firstVersion = z.looseObject({
  format: z.literal('actionnx-run'),
  formatVersion: z.literal(1),
  recipe: recipeSchema,
});

/** A run.json of any version as the latest has it; or, of one that is damaged in what changed, what is wrong. */
export function upgradeRun(json: unknown): { run: unknown } | { fault: string } {
  if (Object(json).formatVersion !== 1) return { run: json };
  const parsed = firstVersion.safeParse(json);
  if (!parsed.success) return { fault: schemaFault(parsed.error, firstVersion) };
  return { run: { ...parsed.data, formatVersion: 2, recipe: stagesOf(parsed.data.recipe) } };
}

function stagesOf(recipe: z.infer<typeof recipeSchema>): Stage[] {
  const { reduction, learningRate, schedule, momentum, weightDecay, epochs, batch, augment } = recipe;
  const whole = stage({
    ...{ name: 'training', epochs, batch, rate: learningRate, augment },
    loss: logLoss({ reduction }),
    optimizer: sgd({ momentum, weightDecay }),
    schedule: schedule === 'cosine' ? cosine() : constant(),
  });
  return recipe.curriculum ? wholeEpochs(curriculum(whole, recipe.curriculum)) : [whole];
}
