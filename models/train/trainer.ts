import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import type { Tensor as HostTensor } from '../../src/core/tensor.ts';
import { withDropoutOf } from '../layers/dropout.ts';
import { planOf, type System } from '../system.ts';
import { tf } from '../tf.ts';
import { WeightAverage } from './averages/average.ts';
import { averages } from './averages/index.ts';
import { freeze, frozenPaths } from './frozen-layers.ts';
import { GradientSum } from './gradient-sum.ts';
import { losses } from './losses/index.ts';
import type { Loss, NamedTensors } from './losses/loss.ts';
import { assignWeights, namedWeights, readWeights } from './model-weights.ts';
import { optimizers } from './optimizers/index.ts';
import { Optimizer, type Slots } from './optimizers/optimizer.ts';
import type { Batch } from './sample-source.ts';
import type { Stage } from './stage.ts';
import { settleGroups, type TrainedWeights } from './weight-groups.ts';

/** A stage's learning rate as the schedule has it now. */
export type RateOf = (base: number) => number;

export interface TrainerState {
  /** What is validated and kept: the averages, where a stage has some. */
  readonly weights: Readonly<Record<string, HostTensor>>;
  readonly slots: Slots;
  readonly average: { readonly steps: number; readonly taken: number };
}

/** A model and all that trains it, on the active backend. It is built for inputs of one shape at a time. */
export class Trainer {
  readonly #system: System;
  readonly #seed: number;
  readonly #gradients = new GradientSum();
  #stage: Stage;
  #loss: Loss;
  #optimizer: Optimizer;
  #average: WeightAverage | null;
  /** What the model stands for now, of the shapes that its inputs have. */
  #shapes: string;
  #model: LayersModel;
  #trained: TrainedWeights;
  #frozen: ReadonlySet<string> = new Set();
  /** The weights in training, while the model has the averages in their place. */
  #aside: Record<string, HostTensor> | null = null;

  /** Stands at the beginning of the recipe's first stage. */
  constructor(settings: {
    system: System;
    config: Record<string, unknown>;
    recipe: readonly Stage[];
    seed: number;
  }) {
    this.#system = settings.system;
    this.#seed = settings.seed;
    this.#shapes = this.#shapesOf(settings.config);
    this.#stage = settings.recipe[0];
    this.#loss = losses.make(this.#stage.loss);
    this.#optimizer = new Optimizer(optimizers.make(this.#stage.optimizer));
    this.#average = this.#newAverage();
    this.#model = settings.system.build(settings.config, settings.seed);
    try {
      this.#trained = settleGroups(this.#model, this.#stage);
    } catch (error) {
      this.#model.dispose();
      throw error;
    }
  }

  get model(): LayersModel {
    return this.#model;
  }

  /** Hands the model over, to be given other weights than those drawn, or to have layers frozen. */
  start<T>(load: (model: LayersModel) => T): T {
    const result = load(this.#model);
    this.#frozen = frozenPaths(this.#model);
    this.#trained = settleGroups(this.#model, this.#stage);
    return result;
  }

  /** Goes over to a stage: to its beginning, with what the one before hands on, or for `restore` to follow. */
  enter(stage: Stage): void {
    this.#stage = stage;
    this.#loss = losses.make(stage.loss);
    this.#trained = settleGroups(this.#model, stage);
    if (stage.continues) return;
    this.#optimizer.dispose();
    this.#optimizer = new Optimizer(optimizers.make(stage.optimizer));
    if (this.#average?.begun) assignWeights(this.#model, this.#average.values(), 'the average');
    this.#average?.dispose();
    this.#average = this.#newAverage();
  }

  #newAverage(): WeightAverage | null {
    return this.#stage.average && new WeightAverage(averages.make(this.#stage.average));
  }

  /**
   * Prepares for inputs as a configuration has them; weights and what the optimiser remembers carry over by name.
   *
   * @param config the run's own, but for what a stage looks at otherwise
   */
  configure(config: Readonly<Record<string, unknown>>): void {
    const shapes = this.#shapesOf(config);
    if (shapes === this.#shapes) return;
    const weights = readWeights(this.#model);
    this.#model.dispose();
    this.#model = this.#system.build(config, this.#seed);
    assignWeights(this.#model, weights, 'the stage before');
    freeze(this.#model, this.#frozen);
    this.#trained = settleGroups(this.#model, this.#stage);
    this.#shapes = shapes;
  }

  #shapesOf(config: Readonly<Record<string, unknown>>): string {
    const { inputs } = planOf(this.#system, config);
    return JSON.stringify([...inputs].map(([name, { shape }]) => [name, shape]));
  }

  /**
   * Takes a batch in: makes a step of descent or, where the stage accumulates and this batch is not the step's last,
   * keeps its gradients for it.
   *
   * @param pending batches that have been kept for this step before
   * @param draw what random numbers of this batch are drawn by: another one for each batch of a run
   * @returns the batch's loss, summed over samples
   */
  step(batch: Batch, rateOf: RateOf, { pending = 0, completes = true, draw = '' } = {}): number {
    return scoped(() => {
      const inputs = this.#inputs(batch);
      const targets = targetsOf(batch);
      const { variables } = this.#trained;
      if (variables.size === 0) {
        throw new UserError('a model that is trained must have a weight to train', {
          received: 'all frozen',
        });
      }
      const { value, grads } = withDropoutOf(draw, () =>
        tf.variableGrads(
          () => this.#loss.of(this.#outputs(inputs, true), targets) as never,
          [...variables.values()],
        ),
      );
      const gradients = Object.fromEntries(
        [...variables].map(([name, variable]) => [name, grads[variable.name]]),
      );
      const isMean = this.#loss.reduction === 'mean';
      if (pending === 0 && completes) this.#descend(gradients, rateOf);
      else {
        this.#gradients.add(gradients, isMean ? batch.samples : 1);
        const samples = pending * this.#stage.batch + batch.samples;
        if (completes) this.#descend(this.#gradients.take(isMean ? samples : 1), rateOf);
      }
      return value.dataSync()[0] * (isMean ? batch.samples : 1);
    });
  }

  #descend(gradients: Readonly<Record<string, Tensor | undefined>>, rateOf: RateOf): void {
    const { variables, groupOf } = this.#trained;
    const { rate, clip } = this.#stage;
    this.#optimizer.apply(variables, clip === null ? gradients : clipped(gradients, clip), (name) => {
      const group = groupOf(name);
      return { rate: rateOf(group.rate ?? rate), weightDecay: group.decay };
    });
    this.#average?.update(this.#weights());
  }

  #weights(): Map<string, Variable> {
    return new Map(namedWeights(this.#model).map(({ name, variable }) => [name, variable]));
  }

  /** Puts the averages in the place of the weights in training, until `resume`; nothing where there are none. */
  useAverages(): void {
    if (!this.#average?.begun) return;
    this.#aside = readWeights(this.#model);
    assignWeights(this.#model, this.#average.values(), 'the average');
  }

  resume(): void {
    if (this.#aside) assignWeights(this.#model, this.#aside, 'training');
    this.#aside = null;
  }

  /**
   * Probabilities [N, labels], with the moving averages in place of the batch's own, and the loss of the batch, summed
   * over samples.
   */
  predict(batch: Batch): { probabilities: Float32Array; loss: number } {
    return scoped(() => {
      const outputs = this.#outputs(this.#inputs(batch), false);
      const loss = this.#loss.of(outputs, targetsOf(batch)).dataSync()[0];
      return {
        probabilities: outputs[this.#model.outputNames[0]].dataSync() as Float32Array,
        loss: loss * (this.#loss.reduction === 'sum' ? 1 : batch.samples),
      };
    });
  }

  #outputs(inputs: Tensor[], training: boolean): NamedTensors {
    const given = inputs.length === 1 ? inputs[0] : inputs;
    const outputs = [this.#model.apply(given, { training })].flat() as Tensor[];
    return Object.fromEntries(this.#model.outputNames.map((name, i) => [name, outputs[i]]));
  }

  #inputs({ samples, inputs }: Batch): Tensor[] {
    return this.#model.inputNames.map((name) => {
      const { shape, data } = inputs[name];
      return tf.tensor(data, [samples, ...shape]);
    });
  }

  state(): TrainerState {
    const weights = readWeights(this.#model);
    const pending = this.#gradients.state();
    const isPending = Object.keys(pending).length > 0;
    const slots = { ...this.#optimizer.state(), ...(isPending && { gradient: pending }) };
    const average = this.#average?.counts ?? { steps: 0, taken: 0 };
    if (!this.#average?.begun) return { weights, slots, average };
    return { weights: this.#average.values(), slots: { ...slots, raw: weights }, average };
  }

  /** @param source what holds it, for errors */
  restore({ weights, slots, average }: TrainerState, source: string): void {
    const { raw = weights, gradient = {}, ...memory } = slots;
    assignWeights(this.#model, raw, source);
    this.#optimizer.restore(memory);
    this.#gradients.restore(gradient);
    this.#average?.restore(average.taken > 0 ? weights : {}, average);
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#gradients.dispose();
    this.#average?.dispose();
    this.#model.dispose();
  }
}

/** What a batch's outputs are compared with. */
export const targetNames = ['labels'] as const;

function targetsOf({ truth, samples }: Batch): NamedTensors {
  return { labels: tf.tensor2d(truth, [samples, truth.length / samples]) };
}

/** As torch's `clip_grad_norm_`. */
function clipped(
  gradients: Readonly<Record<string, Tensor | undefined>>,
  longest: number,
): Record<string, Tensor> {
  const present = Object.entries(gradients).flatMap(([name, gradient]) =>
    gradient ? [[name, gradient] as const] : [],
  );
  const squares = present.map(([, gradient]) => tf.sum(tf.square(gradient)));
  const norm = Math.sqrt(tf.addN(squares).dataSync()[0]);
  const factor = Math.min(1, longest / (norm + 1e-6));
  return Object.fromEntries(present.map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}

/** As tf.tidy, for functions that return no tensors. */
function scoped<T>(work: () => T): T {
  tf.engine().startScope();
  try {
    return work();
  } finally {
    tf.engine().endScope();
  }
}
