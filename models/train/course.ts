import type { Position } from './schedules/schedule.ts';
import type { Recipe, Stage } from './stage.ts';
import { stageConfig } from './stage-config.ts';

/** An epoch's place in a run. */
export interface Leg {
  readonly stage: Stage;
  /** Which of the recipe's stages that is: 1-based. */
  readonly number: number;
  /** Whether the stage begins with this epoch, or ends with it. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** The system's configuration in this stage, as `stageConfig` has it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Batches of this epoch. */
  readonly batches: number;
  /** Where the schedule stands at a batch (0-based), and how many batches of its step have come before it. */
  position(batch: number): Position & { pending: number };
}

/** The model that is trained: its configuration, and how many frames a sample is in it and in others. */
interface TrainedModel {
  readonly config: Record<string, unknown>;
  framesOf(config: Readonly<Record<string, unknown>>): number;
}

/** The epochs of a run, of all stages, and the work that they are. */
export class Course {
  readonly #recipe: Recipe;
  readonly #model: TrainedModel;
  readonly #samples: { readonly training: number; readonly validation: number };
  readonly epochs: number;

  constructor(recipe: Recipe, model: TrainedModel, samples: { training: number; validation: number }) {
    this.#recipe = recipe;
    this.#model = model;
    this.#samples = samples;
    this.epochs = recipe.reduce((sum, stage) => sum + stage.epochs, 0);
  }

  /** @param epoch 1-based, of all stages' */
  at(epoch: number): Leg {
    let [index, before] = [0, 0];
    while (epoch > before + this.#recipe[index].epochs) before += this.#recipe[index++].epochs;
    const stage = this.#recipe[index];
    // The schedule counts from the first of the stages that go on from one another, to the end of the last.
    let [first, last] = [index, index];
    while (this.#recipe[first].continues) first--;
    while (this.#recipe[last + 1]?.continues) last++;
    const epochsOf = (from: number, to: number) =>
      this.#recipe.slice(from, to).reduce((sum, { epochs }) => sum + epochs, 0);
    const batches = Math.ceil(this.#samples.training / stage.batch);
    const stepsPerEpoch = Math.ceil(batches / stage.accumulate);
    const steps = epochsOf(first, last + 1) * stepsPerEpoch;
    const done = (epochsOf(first, index) + epoch - 1 - before) * stepsPerEpoch;
    return {
      ...{ stage, number: index + 1, batches, config: stageConfig(this.#model.config, stage) },
      ...{ begins: epoch === before + 1, ends: epoch === before + stage.epochs },
      position: (batch) => ({
        ...{ step: done + Math.floor(batch / stage.accumulate), steps, stepsPerEpoch },
        pending: batch % stage.accumulate,
      }),
    };
  }

  /** The work that is left once some batches of an epoch are done, in forward passes over a frame. */
  workLeft(epoch: number, batches: number): number {
    if (epoch > this.epochs) return 0;
    const { framesOf, config } = this.#model;
    const now = this.at(epoch);
    let work = -batches * now.stage.batch * trainingWork(framesOf(now.config));
    for (let later = epoch; later <= this.epochs; later++) {
      work += this.#samples.training * trainingWork(framesOf(this.at(later).config));
      work += this.#samples.validation * validationWork(framesOf(config));
    }
    return work;
  }
}

/** Cost of a sample, in forward passes over a frame: training also goes back through weights and inputs. */
export const trainingWork = (frames: number) => 3 * frames;
export const validationWork = (frames: number) => frames;
