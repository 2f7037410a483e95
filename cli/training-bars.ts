import type { StepProgress } from '../models/train/fit.ts';
import { duration, type Progress, progressBar } from './progress.ts';

/** A bar an epoch, and one a validation, with the stage, loss, rate, speed and the time left for the whole run. */
export class TrainingBars {
  readonly #title: string;
  readonly #stream: NodeJS.WriteStream;
  #bar: Progress | undefined;
  #shown = '';

  constructor(title: string, stream: NodeJS.WriteStream = process.stderr) {
    this.#title = title;
    this.#stream = stream;
  }

  show({
    phase,
    stage,
    epoch,
    epochs,
    step,
    steps,
    loss,
    learningRate,
    samplesPerSecond,
    secondsLeft,
  }: StepProgress): void {
    const place = stage.count > 1 ? ` stage ${stage.number}/${stage.count}` : '';
    const name = `${this.#title}${place} ${phase === 'training' ? 'epoch' : 'validation'} ${epoch}/${epochs}`;
    if (name !== this.#shown) {
      this.#bar?.stop();
      this.#bar = progressBar(name, steps, this.#stream);
      this.#shown = name;
    }
    this.#bar?.update(step, {
      ...(loss === null ? {} : { loss, rate: learningRate }),
      'samples/s': samplesPerSecond,
      run: `${duration(secondsLeft)} left`,
    });
  }

  stop(): void {
    this.#bar?.stop();
  }
}
