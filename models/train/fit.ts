import { existsSync } from 'node:fs';
import { UserError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import type { Sample } from '../../src/data/dataset.ts';
import { loadPretrained } from '../pretrained/load.ts';
import {
  type CheckpointName,
  checkpointPath,
  readCheckpoint,
  type TrainingProgress,
  writeCheckpoint,
} from './checkpoint.ts';
import { epochClip } from './curriculum.ts';
import { Pace } from './pace.ts';
import { checkSameRun, describeRun } from './run-identity.ts';
import {
  checkRecipe,
  type EpochRecord,
  type RunRecord,
  readMetrics,
  readRunRecord,
  requireNoRun,
  type ValidationScores,
  writeMetrics,
  writeRunRecord,
} from './run-record.ts';
import { SampleSource } from './sample-source.ts';
import { learningRateAt } from './schedule.ts';
import type { StepProgress, TrainSettings } from './train-settings.ts';
import { Trainer } from './trainer.ts';

export type { Evaluate, StepProgress, TrainSettings } from './train-settings.ts';

export interface TrainResult {
  readonly run: RunRecord;
  readonly epochs: readonly EpochRecord[];
  /** The epoch that `checkpoints/best.safetensors` holds. */
  readonly best: EpochRecord;
}

/**
 * Trains a system on a data set, with a validation and a checkpoint each epoch. Killed at any moment and resumed,
 * it ends with the same weights, bit for bit, on the same backend.
 *
 * @throws UserError when the recipe, the folder or the data do not fit, the loss is no longer finite, or `signal`
 *   is aborted
 */
export async function train(settings: TrainSettings): Promise<TrainResult> {
  checkRecipe(settings.recipe);
  const session = await Session.open(settings);
  try {
    return await session.run();
  } finally {
    session.close();
  }
}

class Session {
  readonly #settings: TrainSettings;
  readonly #run: RunRecord;
  readonly #training: readonly Sample[];
  readonly #validation: readonly Sample[];
  readonly #source: SampleSource;
  readonly #trainer: Trainer;
  readonly #pace: Pace;
  #progress: TrainingProgress = {
    epoch: 0,
    step: 0,
    partial: { loss: 0, samples: 0, seconds: 0 },
    validation: null,
    bestF1: null,
  };

  private constructor(settings: TrainSettings, run: RunRecord, training: Sample[], validation: Sample[]) {
    this.#settings = settings;
    this.#run = run;
    this.#training = training;
    this.#validation = validation;
    const { size } = settings.system.input(settings.config);
    this.#source = new SampleSource(settings.dataset, size, settings.frameMemory);
    this.#trainer = new Trainer(settings);
    this.#pace = new Pace();
  }

  static async open(settings: TrainSettings): Promise<Session> {
    const { dataset, folder, resume, splits = { train: 'train', validation: 'val' } } = settings;
    const [training, validation] = await Promise.all([
      dataset.samples(splits.train),
      dataset.samples(splits.validation),
    ]);
    for (const [split, samples] of [
      [splits.train, training],
      [splits.validation, validation],
    ] as const) {
      if (samples.length === 0) throw new UserError(`the ${split} split of ${dataset.root} has no samples`);
    }
    const run = await describeRun(settings, splits, training.length, validation.length);
    const earlier = await readRunRecord(folder);
    if (!earlier) await requireNoRun(folder);
    // A run that never came to its first checkpoint is nothing to lose.
    const isBegun = earlier !== null && existsSync(checkpointPath(folder, 'last'));
    if (earlier && (isBegun || resume)) checkSameRun(earlier, run, folder, resume ?? false);
    const session = new Session(settings, run, training, validation);
    try {
      await session.#source.readLabels([...training, ...validation]);
      if (!(earlier && (await session.#restore()))) session.#startFromPretrained();
      if (!isBegun) await writeRunRecord(folder, run);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** @returns false where the run has no checkpoint yet */
  async #restore(): Promise<boolean> {
    const { folder } = this.#settings;
    const checkpoint = await readCheckpoint(folder, 'last');
    if (!checkpoint) return false;
    const { weights, velocities, ...progress } = checkpoint;
    this.#trainer.restore({ weights, velocities }, checkpointPath(folder, 'last'));
    this.#progress = progress;
    return true;
  }

  #startFromPretrained(): void {
    const { pretrained, onPretrained } = this.#settings;
    if (!pretrained) return;
    const match = this.#trainer.start((model) => loadPretrained(model, pretrained, pretrained.path));
    onPretrained?.(match);
  }

  async run(): Promise<TrainResult> {
    const { folder, recipe, onEpoch } = this.#settings;
    // A run killed between its files may have written an epoch that its last checkpoint does not know yet.
    const epochs = (await readMetrics(folder)).filter(({ epoch }) => epoch <= this.#progress.epoch);
    this.#pace.begin(this.#workLeft());
    while (this.#progress.epoch < recipe.epochs) {
      const learningRate = await this.#trainEpoch();
      const { partial } = this.#progress;
      const started = performance.now();
      const validation = await this.#validate(learningRate);
      const epoch = this.#progress.epoch + 1;
      const record: EpochRecord = {
        epoch,
        loss: partial.loss / partial.samples,
        learningRate,
        seconds: partial.seconds + (performance.now() - started) / 1000,
        validation,
      };
      epochs.push(record);
      const { bestF1 } = this.#progress;
      const isBest = bestF1 === null || validation.f1 > bestF1;
      this.#progress = {
        epoch,
        step: 0,
        partial: { loss: 0, samples: 0, seconds: 0 },
        validation,
        bestF1: isBest ? validation.f1 : bestF1,
      };
      // `last` comes last: until it is there, a resumed run makes this epoch again, to the same end.
      if (isBest) await this.#save('best');
      await writeMetrics(folder, epochs);
      await this.#save('last');
      onEpoch?.(record);
    }
    const best = epochs.reduce((left, right) => (right.validation.f1 > left.validation.f1 ? right : left));
    return { run: this.#run, epochs, best };
  }

  /** Trains what is left of the epoch; returns its last learning rate. */
  async #trainEpoch(): Promise<number> {
    const { recipe, seed, signal, system, config, checkpointInterval = 300 } = this.#settings;
    const epoch = this.#progress.epoch + 1;
    const clip = epochClip(recipe, system.input(config), epoch);
    this.#trainer.setFrames(clip.frames);
    const order = new Rng(`${seed}/order/${epoch}`).shuffle(this.#training);
    const steps = Math.ceil(order.length / recipe.batch);
    const plan = { ...clip, augment: { names: recipe.augment, seed, epoch } };
    const rate = (step: number) => learningRateAt(recipe, (epoch - 1) * steps + step, recipe.epochs * steps);
    let began = performance.now();
    let saved = began;
    const batches = this.#source.batches(order, plan, recipe.batch, this.#progress.step);
    for await (const batch of batches) {
      const step = this.#progress.step;
      const loss = this.#trainer.step(batch, rate(step));
      if (!Number.isFinite(loss)) throw diverged(loss, `epoch ${epoch}, step ${step + 1}`, rate(step));
      const now = performance.now();
      const { partial } = this.#progress;
      this.#progress = {
        ...this.#progress,
        step: step + 1,
        partial: {
          loss: partial.loss + loss,
          samples: partial.samples + batch.samples,
          seconds: partial.seconds + (now - began) / 1000,
        },
      };
      began = now;
      this.#report('training', step + 1, steps, rate(step), batch.samples, trainingWork(clip.frames));
      if (signal?.aborted) {
        await this.#save('last');
        throw new UserError(`training stopped in epoch ${epoch}, after step ${step + 1} of ${steps}`, {
          remedy: 'run the same command with --resume to go on from there',
        });
      }
      if (now - saved > checkpointInterval * 1000) {
        await this.#save('last');
        saved = now;
      }
    }
    return rate(steps - 1);
  }

  async #validate(learningRate: number): Promise<ValidationScores> {
    const { system, config, recipe, evaluate, dataset, signal } = this.#settings;
    const input = system.input(config);
    this.#trainer.setFrames(input.frames);
    const samples = this.#validation.length;
    const labels = dataset.labels.names.length;
    const probabilities = new Float32Array(samples * labels);
    const truth = new Uint8Array(samples * labels);
    let done = 0;
    let step = 0;
    let loss = 0;
    const plan = { frames: input.frames, speed: input.speed };
    for await (const batch of this.#source.batches(this.#validation, plan, recipe.batch)) {
      const predicted = this.#trainer.predict(batch);
      probabilities.set(predicted, done * labels);
      truth.set(batch.truth, done * labels);
      predicted.forEach((p, i) => {
        loss -= Math.log((batch.truth[i] ? p : 1 - p) + 1e-15);
      });
      done += batch.samples;
      const steps = Math.ceil(samples / recipe.batch);
      this.#report('validation', ++step, steps, learningRate, batch.samples, validationWork(input.frames));
      if (signal?.aborted) {
        throw new UserError(`training stopped in the validation of epoch ${this.#progress.epoch + 1}`, {
          remedy: 'run the same command with --resume to go on',
        });
      }
    }
    // The last step's weights are seen here first.
    if (!Number.isFinite(loss)) {
      throw diverged(loss, `the validation of epoch ${this.#progress.epoch + 1}`, learningRate);
    }
    return { loss: loss / samples, ...evaluate(probabilities, truth, samples, labels) };
  }

  async #save(name: CheckpointName): Promise<void> {
    const { folder, signal } = this.#settings;
    const checkpoint = { ...this.#progress, ...this.#trainer.state() };
    try {
      await writeCheckpoint(folder, name, checkpoint);
    } catch (error) {
      // An interrupt takes unfinished files away, as if the process were about to end. This one goes on.
      if (!signal?.aborted) throw error;
      await writeCheckpoint(folder, name, checkpoint);
    }
  }

  #report(
    phase: StepProgress['phase'],
    step: number,
    steps: number,
    learningRate: number,
    samples: number,
    work: number,
  ): void {
    this.#pace.add(samples, samples * work);
    const { partial, epoch } = this.#progress;
    this.#settings.onProgress?.({
      phase,
      epoch: epoch + 1,
      epochs: this.#settings.recipe.epochs,
      step,
      steps,
      loss: phase === 'training' ? partial.loss / partial.samples : null,
      learningRate,
      ...this.#pace.now(),
    });
  }

  #workLeft(): number {
    const { recipe, system, config } = this.#settings;
    const input = system.input(config);
    let work =
      -this.#progress.step *
      recipe.batch *
      trainingWork(epochClip(recipe, input, this.#progress.epoch + 1).frames);
    for (let epoch = this.#progress.epoch + 1; epoch <= recipe.epochs; epoch++) {
      work += this.#training.length * trainingWork(epochClip(recipe, input, epoch).frames);
      work += this.#validation.length * validationWork(input.frames);
    }
    return work;
  }

  close(): void {
    this.#trainer.dispose();
  }
}

/** Cost of a sample, in forward passes over a frame: training also goes back through weights and inputs. */
const trainingWork = (frames: number) => 3 * frames;
const validationWork = (frames: number) => frames;

function diverged(loss: number, place: string, learningRate: number): UserError {
  return new UserError('training diverged: the loss is no longer a finite number', {
    received: `${loss} in ${place}, at a learning rate of ${learningRate}`,
    remedy: 'train again with a smaller --learning-rate',
  });
}
