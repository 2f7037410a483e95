import { UserError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { loadPretrained } from '../pretrained/load.ts';
import { planOf } from '../system.ts';
import { bestEpoch } from './best-epoch.ts';
import { type CheckpointName, checkpointPath, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { Course, type Leg, trainingWork, validationWork } from './course.ts';
import { Pace } from './pace.ts';
import { afterBatch, afterEpoch, atStage, noProgress } from './progress.ts';
import { checkRecipe } from './recipe-fit.ts';
import {
  type EpochRecord,
  type RunRecord,
  readMetrics,
  type ValidationScores,
  writeMetrics,
  writeRunRecord,
} from './run-record.ts';
import { type RunStart, startOf } from './run-start.ts';
import { SampleSource } from './sample-source.ts';
import { schedules } from './schedules/index.ts';
import { parseRecipe } from './stage.ts';
import { checkStageConfigs } from './stage-config.ts';
import { readUnchanged, takeWeights } from './stage-source.ts';
import type { StepProgress, TrainSettings } from './train-settings.ts';
import { trainedSpace } from './trained-space.ts';
import { Trainer } from './trainer.ts';
import { validationScores } from './validation.ts';

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
  const recipe = parseRecipe(settings.recipe);
  checkStageConfigs(settings.system, settings.config, recipe);
  const session = await Session.open({ ...settings, recipe });
  try {
    return await session.run();
  } finally {
    session.close();
  }
}

class Session {
  readonly #settings: TrainSettings;
  readonly #start: RunStart;
  readonly #course: Course;
  readonly #source: SampleSource;
  readonly #trainer: Trainer;
  readonly #pace = new Pace();
  #progress = noProgress;

  private constructor(settings: TrainSettings, start: RunStart) {
    this.#settings = settings;
    this.#start = start;
    const { system, config, dataset } = settings;
    const framesOf = (config: Readonly<Record<string, unknown>>) => planOf(system, config).sizes.length;
    this.#course = new Course(
      settings.recipe,
      { config, framesOf },
      {
        training: start.training.length,
        validation: start.validation.length,
      },
    );
    this.#source = new SampleSource(dataset, trainedSpace(settings), settings.frameMemory);
    this.#trainer = new Trainer(settings);
  }

  static async open(settings: TrainSettings): Promise<Session> {
    const start = await startOf(settings);
    const session = new Session(settings, start);
    try {
      const { system, config, recipe } = settings;
      await checkRecipe(session.#trainer.model, recipe, planOf(system, config));
      await session.#source.readLabels([...start.training, ...start.validation]);
      if (!(start.isRecorded && (await session.#restore()))) session.#startFromPretrained();
      if (!start.isBegun) await writeRunRecord(settings.folder, start.run);
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
    const { weights, slots, ...progress } = checkpoint;
    // Between two stages, the state is still that of the one that has ended.
    const { stage } = this.#course.at(Math.max(1, progress.step > 0 ? progress.epoch + 1 : progress.epoch));
    this.#trainer.enter({ ...stage, continues: false });
    this.#trainer.restore({ weights, slots, average: progress.average }, checkpointPath(folder, 'last'));
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
    const { folder, onEpoch } = this.#settings;
    // A run killed between its files may have written an epoch that its last checkpoint does not know yet.
    const epochs = (await readMetrics(folder)).filter(({ epoch }) => epoch <= this.#progress.epoch);
    this.#pace.begin(this.#course.workLeft(this.#progress.epoch + 1, this.#progress.step));
    while (this.#progress.epoch < this.#course.epochs) {
      const leg = this.#course.at(this.#progress.epoch + 1);
      if (leg.begins && this.#progress.step === 0) await this.#enter(leg);
      const learningRate = await this.#trainEpoch(leg);
      const { partial } = this.#progress;
      const started = performance.now();
      const validation = await this.#validate(leg, learningRate);
      const record: EpochRecord = {
        epoch: this.#progress.epoch + 1,
        loss: partial.loss / partial.samples,
        learningRate,
        seconds: partial.seconds + (performance.now() - started) / 1000,
        validation,
      };
      epochs.push(record);
      const { progress, isBest } = afterEpoch(this.#progress, leg.stage, validation);
      this.#progress = progress;
      // `last` comes last: until it is there, a resumed run makes this epoch again, to the same end.
      if (isBest) await this.#save('best');
      await writeMetrics(folder, epochs);
      await this.#save('last');
      onEpoch?.(record);
    }
    return { run: this.#start.run, epochs, best: bestEpoch(epochs, this.#course) };
  }

  async #enter({ stage }: Leg): Promise<void> {
    this.#trainer.enter(stage);
    for (const source of stage.from) {
      takeWeights(this.#trainer.model, source, await readUnchanged(source, this.#start.run));
    }
    const { epoch } = this.#progress;
    this.#progress = atStage(this.#progress, stage, epoch > 0 ? this.#course.at(epoch).stage : null);
  }

  /** Trains what is left of the epoch; returns its last learning rate. */
  async #trainEpoch({ stage, config, batches, position }: Leg): Promise<number> {
    const { system, seed, signal, checkpointInterval = 300 } = this.#settings;
    const epoch = this.#progress.epoch + 1;
    this.#trainer.configure(config);
    const order = new Rng(`${seed}/order/${epoch}`).shuffle(this.#start.training);
    const inputs = planOf(system, config);
    const plan = { inputs, augment: { names: stage.augment, seed, epoch } };
    const schedule = schedules.make(stage.schedule);
    const memory = this.#progress.schedule;
    const rateAt = (step: number, base = stage.rate) => schedule.rate(base, position(step), memory);
    let began = performance.now();
    let saved = began;
    for await (const batch of this.#source.batches(order, plan, stage.batch, this.#progress.step)) {
      const step = this.#progress.step;
      const { pending } = position(step);
      const completes = pending === stage.accumulate - 1 || step === batches - 1;
      const loss = this.#trainer.step(batch, (base) => rateAt(step, base), {
        ...{ pending, completes, draw: `${epoch}/${step}` },
      });
      if (!Number.isFinite(loss)) throw diverged(loss, `epoch ${epoch}, step ${step + 1}`, rateAt(step));
      const now = performance.now();
      const { samples } = batch;
      this.#progress = afterBatch(this.#progress, { loss, samples, seconds: (now - began) / 1000 });
      began = now;
      this.#report(
        'training',
        step + 1,
        batches,
        rateAt(step),
        batch.samples,
        trainingWork(inputs.sizes.length),
      );
      if (signal?.aborted) {
        await this.#save('last');
        throw new UserError(`training stopped in epoch ${epoch}, after step ${step + 1} of ${batches}`, {
          remedy: 'run the same command with --resume to go on from there',
        });
      }
      if (now - saved > checkpointInterval * 1000) {
        await this.#save('last');
        saved = now;
      }
    }
    return rateAt(batches - 1);
  }

  async #validate({ stage }: Leg, learningRate: number): Promise<ValidationScores> {
    const { system, config, signal } = this.#settings;
    const inputs = planOf(system, config);
    const frames = inputs.sizes.length;
    const { validation: samples } = this.#start;
    const batches = this.#source.batches(samples, { inputs }, stage.batch);
    const steps = Math.ceil(samples.length / stage.batch);
    let step = 0;
    this.#trainer.configure(config);
    const scores = await validationScores(this.#trainer, batches, samples.length, this.#settings, (batch) => {
      this.#report('validation', ++step, steps, learningRate, batch.samples, validationWork(frames));
      if (!signal?.aborted) return;
      throw new UserError(`training stopped in the validation of epoch ${this.#progress.epoch + 1}`, {
        remedy: 'run the same command with --resume to go on',
      });
    });
    // The last step's weights are seen here first.
    if (Number.isFinite(scores.loss)) return scores;
    throw diverged(scores.loss, `the validation of epoch ${this.#progress.epoch + 1}`, learningRate);
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
    const { number } = this.#course.at(epoch + 1);
    this.#settings.onProgress?.({
      phase,
      stage: { number, count: this.#settings.recipe.length },
      epoch: epoch + 1,
      epochs: this.#course.epochs,
      step,
      steps,
      loss: phase === 'training' ? partial.loss / partial.samples : null,
      learningRate,
      ...this.#pace.now(),
    });
  }

  close(): void {
    this.#trainer.dispose();
  }
}

function diverged(loss: number, place: string, learningRate: number): UserError {
  return new UserError('training diverged: the loss is no longer a finite number', {
    received: `${loss} in ${place}, at a learning rate of ${learningRate}`,
    remedy: 'train again with a smaller --learning-rate',
  });
}
