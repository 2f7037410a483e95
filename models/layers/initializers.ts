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

tf.serialization.registerClass(KaimingNormal as never);
tf.serialization.registerClass(FanInUniform as never);

/** For convolutions followed by batch norm. `name` is the layer's. */
export function kaimingNormal(seed: number, name: string): LayerInitializer {
  return new KaimingNormal({ seed: `${seed}/${name}` });
}

/** For classifiers and the attention's convolution. `name` is the layer's. */
export function fanInUniform(seed: number, name: string): LayerInitializer {
  return new FanInUniform({ seed: `${seed}/${name}` });
}
