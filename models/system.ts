import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { z } from 'zod';
import type { KindValue } from '../src/core/kind.ts';
import { InputPlan, type NamedInput } from '../src/inputs/plan.ts';
import type { Recipe } from './train/stage.ts';

export type { Recipe } from './train/stage.ts';

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
 * Inputs and outputs go by the names of their layers. Outputs: the model's first is `probabilities` [N, labels]; a second,
 * where there is one, a map over the picture, [N, h, w]; others are auxiliary. Inputs are float32, as `inputs` has them, of
 * which RGB levels come normalised.
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
  /**
   * The labels that it is about: the name of a space of the data set's. Default: the one that the data set is known for.
   */
  space?(config: z.infer<Schema>): string;
  /** What it looks at, by the names and in the order of the model's inputs. */
  inputs(config: z.infer<Schema>): Readonly<Record<string, KindValue>>;
  /** The model with fresh weights drawn from `seed`: the same on every backend. */
  build(config: z.infer<Schema>, seed: number): LayersModel;
}

/** Types a system's parts against its configuration schema, and gives it as what everybody else takes it for. */
export function defineSystem<Schema extends z.ZodObject>(system: System<Schema>): System {
  // Its functions are only ever given what its own schema has parsed.
  return system as unknown as System;
}

/** What a system looks at, in the model's order. */
export function inputsOf(system: System, config: Record<string, unknown>): NamedInput[] {
  return Object.entries(system.inputs(config)).map(([name, value]) => ({ name, ...value }));
}

/** How what a system looks at is made of frames. */
export function planOf(system: System, config: Record<string, unknown>): InputPlan {
  return new InputPlan(inputsOf(system, config));
}
