import type { DataType, serialization, Tensor } from '@tensorflow/tfjs-core';
import { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/tensor.ts';
import { tf } from '../tf.ts';

/** What tfjs-layers takes as an initializer. */
export type LayerInitializer = ReturnType<typeof tf.initializers.zeros>;

// tfjs-layers accepts only instances of its own Initializer, which it does not export.
const Initializer: new () => LayerInitializer = Object.getPrototypeOf(tf.initializers.zeros().constructor);

/** Seeded by name, so that weights depend neither on the backend nor on the order in which layers are built. */
abstract class SeededInitializer extends Initializer {
  protected readonly seed: string;

  constructor(config: { seed: string }) {
    super();
    this.seed = config.seed;
  }

  protected abstract draw(rng: Rng, shape: readonly number[]): Float32Array;

  override apply(shape: number[], dtype?: DataType): Tensor {
    return tf.tensor(this.draw(new Rng(this.seed), shape), shape, dtype);
  }

  override getConfig(): serialization.ConfigDict {
    return { seed: this.seed };
  }
}

/** N(0, 2 / fan_out): He et al. 2015 in fan-out mode with ReLU's gain, as in torchvision's ResNets. */
class KaimingNormal extends SeededInitializer {
  static readonly className = 'KaimingNormal';

  protected override draw(rng: Rng, shape: readonly number[]): Float32Array {
    const fanOut = sizeOf(shape) / shape[shape.length - 2];
    return rng.normals(sizeOf(shape), 0, Math.sqrt(2 / fanOut));
  }
}

/** U(−1/√fan_in, 1/√fan_in): the default of torch's Linear and Conv2d. */
class FanInUniform extends SeededInitializer {
  static readonly className = 'FanInUniform';

  protected override draw(rng: Rng, shape: readonly number[]): Float32Array {
    const bound = 1 / Math.sqrt(sizeOf(shape) / shape[shape.length - 1]);
    return Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-bound, bound));
  }
}

/** U(−√(6 / (fan_in + fan_out)), …): Glorot & Bengio 2010, the default of Keras's layers. */
class GlorotUniform extends SeededInitializer {
  static readonly className = 'SeededGlorotUniform';

  protected override draw(rng: Rng, shape: readonly number[]): Float32Array {
    const [inputs, outputs] = shape.slice(-2);
    const receptive = sizeOf(shape.slice(0, -2));
    const bound = Math.sqrt(6 / (receptive * (inputs + outputs)));
    return Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-bound, bound));
  }
}

tf.serialization.registerClass(GlorotUniform as never);
tf.serialization.registerClass(KaimingNormal as never);
tf.serialization.registerClass(FanInUniform as never);

/** For convolutions followed by batch norm. `name` is the layer's. */
export function kaimingNormal(seed: number, name: string): LayerInitializer {
  return new KaimingNormal({ seed: `${seed}/${name}` });
}

/** For networks that were made in Keras. `name` is the layer's. */
export function glorotUniform(seed: number, name: string): LayerInitializer {
  return new GlorotUniform({ seed: `${seed}/${name}` });
}

/** For classifiers and the attention's convolution. `name` is the layer's. */
export function fanInUniform(seed: number, name: string): LayerInitializer {
  return new FanInUniform({ seed: `${seed}/${name}` });
}

/**
 * Biases that make every detector start at the probability `prior` (Lin et al. 2017, section 4.1). From scratch, 43
 * detectors that start at one half and see one or two labels a frame spend their first steps undoing that, with
 * gradients that can shut the attention for good. `channels` is 1 for a sigmoid, 2 for a softmax over (present, absent).
 */
class PriorBias extends Initializer {
  static readonly className = 'PriorBias';
  readonly #prior: number;
  readonly #channels: 1 | 2;

  constructor(config: { prior: number; channels: 1 | 2 }) {
    super();
    this.#prior = config.prior;
    this.#channels = config.channels;
  }

  override apply(shape: number[], dtype?: DataType): Tensor {
    const logOdds = Math.log(this.#prior / (1 - this.#prior));
    const bias = (i: number) => (this.#channels === 1 ? logOdds : (i % 2 === 0 ? logOdds : -logOdds) / 2);
    return tf.tensor(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => bias(i)),
      shape,
      dtype,
    );
  }

  override getConfig(): serialization.ConfigDict {
    return { prior: this.#prior, channels: this.#channels };
  }
}

tf.serialization.registerClass(PriorBias as never);

/** Biases for detectors that start at `prior`, or at zero as in the reference code where it is null. */
export function priorBias(prior: number | null, channels: 1 | 2): LayerInitializer {
  return prior === null ? tf.initializers.zeros() : new PriorBias({ prior, channels });
}
