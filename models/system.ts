import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { z } from 'zod';
import type { Recipe } from './train/stage.ts';

export type { Recipe } from './train/stage.ts';

/** What a system looks at: one key frame, or a clip around it. */
export interface SystemInput {
  readonly kind: 'frame' | 'clip';
  /** Square input, pixels. */
  readonly size: number;
  /** Frames a clip and the step between them; 1 and 1 for a frame. */
  readonly frames: number;
  readonly speed: number;
}

/** Percent on the A2D challenge's validation split, as the report gives them; null where it does not. */
export interface Reported {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** One named configuration of a system, with a recipe of its own or the system's. */
export interface Preset<Config> {
  readonly config: Partial<Config>;
  readonly recipe?: Recipe;
}

/**
 * One classifier of the reports: a tfjs definition and the recipe that trains it.
 * Outputs go by the names of their layers. The model's first is `probabilities` [N, labels]; a second, where there is
 * one, `attention` [N, h, w]; others are auxiliary.
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
  /** Outputs, by name, that only training looks at: an exported model is without them, and what leads to them alone. */
  readonly auxiliary?: readonly string[];
  input(config: z.infer<Schema>): SystemInput;
  /** The model with fresh weights drawn from `seed`: the same on every backend. */
  build(config: z.infer<Schema>, seed: number): LayersModel;
}

/** Types a system's parts against its configuration schema. */
export function defineSystem<Schema extends z.ZodObject>(system: System<Schema>): System<Schema> {
  return system;
}
