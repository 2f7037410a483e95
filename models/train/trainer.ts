import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { UserError } from '../../src/core/errors.ts';
import type { Tensor as HostTensor } from '../../src/core/tensor.ts';
import type { Recipe, System, SystemInput } from '../system.ts';
import { tf } from '../tf.ts';
import { freeze, frozenPaths, settleAverages } from './frozen-layers.ts';
import { logLoss } from './loss.ts';
import { assignWeights, namedWeights, readWeights } from './model-weights.ts';
import { Sgd } from './optimizer.ts';
import type { Batch } from './sample-source.ts';

/** A model and its optimiser, on the active backend. The model is built for clips of one length at a time. */
export class Trainer {
  readonly #system: System;
  readonly #config: Record<string, unknown>;
  readonly #recipe: Recipe;
  readonly #seed: number;
  readonly #optimizer: Sgd;
  readonly #input: SystemInput;
  #frames: number;
  #model: LayersModel;
  #trainable: Map<string, Variable>;
  #frozen: ReadonlySet<string> = new Set();

  constructor(settings: { system: System; config: Record<string, unknown>; recipe: Recipe; seed: number }) {
    this.#system = settings.system;
    this.#config = settings.config;
    this.#recipe = settings.recipe;
    this.#seed = settings.seed;
    this.#optimizer = new Sgd(settings.recipe);
    this.#input = settings.system.input(settings.config);
    this.#frames = this.#input.frames;
    this.#model = settings.system.build(settings.config, settings.seed);
    this.#trainable = this.#settled();
  }

  /** Hands the model over, to be given other weights than those drawn, or to have layers frozen. */
  start<T>(load: (model: LayersModel) => T): T {
    const result = load(this.#model);
    this.#frozen = frozenPaths(this.#model);
    this.#trainable = this.#settled();
    return result;
  }

  /** The weights to train. What is frozen keeps its averages as well. */
  #settled(): Map<string, Variable> {
    settleAverages(this.#model);
    return trainableOf(this.#model);
  }

  /** Prepares for clips of this many frames; weights and velocities carry over by name. */
  setFrames(frames: number): void {
    if (frames === this.#frames) return;
    const weights = readWeights(this.#model);
    this.#model.dispose();
    this.#model = this.#system.build({ ...this.#config, frames }, this.#seed);
    assignWeights(this.#model, weights, 'the stage before');
    freeze(this.#model, this.#frozen);
    this.#trainable = this.#settled();
    this.#frames = frames;
  }

  /**
   * One step of descent.
   * @returns the batch's loss, summed over samples and labels
   */
  step(batch: Batch, learningRate: number): number {
    return scoped(() => {
      const { reduction } = this.#recipe;
      const frames = this.#inputs(batch);
      const truth = tf.tensor2d(batch.truth, [batch.samples, batch.truth.length / batch.samples]);
      const variables = [...this.#trainable.values()];
      if (variables.length === 0) {
        throw new UserError('a model that is trained must have a weight to train', {
          received: 'all frozen',
        });
      }
      const { value, grads } = tf.variableGrads(() => {
        const outputs = this.#model.apply(frames, { training: true });
        const probabilities = (Array.isArray(outputs) ? outputs[0] : outputs) as Tensor2D;
        return logLoss(probabilities, truth, reduction) as never;
      }, variables);
      const gradients = Object.fromEntries(
        [...this.#trainable].map(([name, variable]) => [name, grads[variable.name]]),
      );
      this.#optimizer.apply(this.#trainable, gradients, learningRate);
      return value.dataSync()[0] * (reduction === 'sum' ? 1 : batch.samples);
    });
  }

  /** Probabilities [N, labels], with the moving averages in place of the batch's own. */
  predict(batch: Batch): Float32Array {
    return scoped(() => {
      const outputs = this.#model.apply(this.#inputs(batch), { training: false });
      return ((Array.isArray(outputs) ? outputs[0] : outputs) as Tensor).dataSync() as Float32Array;
    });
  }

  #inputs(batch: Batch): Tensor {
    const { kind, size } = this.#input;
    const clip = kind === 'clip' ? [this.#frames] : [];
    return tf.tensor(batch.frames, [batch.samples, ...clip, size, size, 3]);
  }

  state(): { weights: Record<string, HostTensor>; velocities: Record<string, HostTensor> } {
    return { weights: readWeights(this.#model), velocities: this.#optimizer.state() };
  }

  restore(
    state: {
      weights: Readonly<Record<string, HostTensor>>;
      velocities: Readonly<Record<string, HostTensor>>;
    },
    source: string,
  ): void {
    assignWeights(this.#model, state.weights, source);
    this.#optimizer.restore(state.velocities);
  }

  dispose(): void {
    this.#optimizer.dispose();
    this.#model.dispose();
  }
}

function trainableOf(model: LayersModel): Map<string, Variable> {
  return new Map(
    namedWeights(model).flatMap(({ name, trainable, variable }) => (trainable ? [[name, variable]] : [])),
  );
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
