import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { z } from 'zod';

/** What a system looks at: one key frame, or a clip around it. */
export interface SystemInput {
  readonly kind: 'frame' | 'clip';
  /** Square input, pixels. */
  readonly size: number;
  /** Frames a clip and the step between them; 1 and 1 for a frame. */
  readonly frames: number;
  readonly speed: number;
}

/** A stage of training on shorter clips (systems.md A4): until the share `until` of the epochs, `frames` at `speed`. */
export interface CurriculumStage {
  readonly frames: number;
  readonly speed: number;
  /** Share of the epochs, in (0, 1], at which this stage ends. */
  readonly until: number;
}

export const augmentations = ['flip', 'rotate', 'blur', 'scale', 'crop'] as const;
export type Augmentation = (typeof augmentations)[number];

/** How a system is trained. Flags override single fields. */
export interface Recipe {
  /** The reports' log loss, summed over batch and labels. */
  readonly loss: 'log';
  /** Divides the summed loss by batch × this: 'sum' as reported, 'mean' over batch for larger rates. */
  readonly reduction: 'sum' | 'mean';
  readonly learningRate: number;
  readonly schedule: 'constant' | 'cosine';
  readonly momentum: number;
  readonly weightDecay: number;
  readonly epochs: number;
  readonly batch: number;
  readonly augment: readonly Augmentation[];
  readonly curriculum?: readonly CurriculumStage[];
}

/** Percent on the A2D challenge's validation split, as the report gives them; null where it does not. */
export interface Reported {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** One named configuration of a system; `recipe` overrides the system's own. */
export interface Preset<Config> {
  readonly config: Partial<Config>;
  readonly recipe?: Partial<Recipe>;
}

/**
 * One classifier of the reports: a tfjs definition and the recipe that trains it.
 * The model's first output is `probabilities` [N, labels]; a second, where there is one, `attention` [N, h, w].
 * Its input is float32, normalised by the ImageNet mean and std: [N, size, size, 3] or [N, frames, size, size, 3].
 */
export interface System<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** Its row in the reports: "A1". */
  readonly id: string;
  readonly title: string;
  readonly config: Schema;
  /** The full-size preset comes first and is the default. */
  readonly presets: Readonly<Record<string, Preset<z.infer<Schema>>>>;
  readonly recipe: Recipe;
  readonly reported: Reported;
  input(config: z.infer<Schema>): SystemInput;
  /** The model with fresh weights drawn from `seed`: the same on every backend. */
  build(config: z.infer<Schema>, seed: number): LayersModel;
}

/** Types a system's parts against its configuration schema. */
export function defineSystem<Schema extends z.ZodObject>(system: System<Schema>): System<Schema> {
  return system;
}
