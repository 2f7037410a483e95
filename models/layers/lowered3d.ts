/**
 * tfjs's own 3-D convolution and max-pooling, padded 'same', made of 2-D ones: same weights, same values, same export.
 * Their gradients are slow on every backend but TensorFlow's, and wrong on wasm.
 */
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { tf } from '../tf.ts';
import type { LayerInitializer } from './initializers.ts';

type LayerClass<Config> = new (config: Config) => layers.Layer;
type Variable = { read(): Tensor };

interface Window {
  /** The same on each axis. */
  readonly size: number;
  readonly stride: number;
}

interface ConvolutionConfig {
  readonly name: string;
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: 'same';
  readonly activation: 'relu';
  readonly kernelInitializer: LayerInitializer;
}

// tfjs-layers does not export its classes. With names of their own, these two do not count among others' layers.
const Conv3D = tf.layers.conv3d({ name: 'conv3d.class', filters: 1, kernelSize: 1 })
  .constructor as LayerClass<ConvolutionConfig>;
const MaxPooling3D = tf.layers.maxPooling3d({ name: 'pool3d.class', poolSize: 1, strides: 1 })
  .constructor as LayerClass<{
  readonly name: string;
  readonly poolSize: number;
  readonly strides: number;
  readonly padding: 'same';
}>;

class LoweredConv3D extends Conv3D {
  readonly #window: Window;

  constructor(config: ConvolutionConfig) {
    super(config);
    this.#window = { size: config.kernelSize, stride: config.strides };
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const { kernel, bias } = this as unknown as { kernel: Variable; bias: Variable };
    return tf.tidy(() => {
      const y = convolve(only(inputs), kernel.read() as Tensor5D, this.#window);
      return tf.relu(tf.add(y, bias.read()));
    });
  }
}

class LoweredMaxPooling3D extends MaxPooling3D {
  readonly #window: Window;

  constructor(config: { name: string; poolSize: number; strides: number; padding: 'same' }) {
    super(config);
    this.#window = { size: config.poolSize, stride: config.strides };
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tf.tidy(() => pool(only(inputs), this.#window));
  }
}

/** A convolution with a ReLU: [N, T, H, W, C] → [N, ⌈T/s⌉, ⌈H/s⌉, ⌈W/s⌉, filters]; weights `kernel` and `bias`. */
export function convolveClip(
  x: SymbolicTensor,
  config: { name: string; filters: number; size: number; stride: number; initializer: LayerInitializer },
): SymbolicTensor {
  const { name, filters, size, stride, initializer } = config;
  const layer = new LoweredConv3D({
    ...{ name, filters, kernelSize: size, strides: stride, padding: 'same', activation: 'relu' },
    kernelInitializer: initializer,
  });
  return layer.apply(x) as SymbolicTensor;
}

export function poolClip(
  x: SymbolicTensor,
  { name, size, stride }: { name: string; size: number; stride: number },
): SymbolicTensor {
  const layer = new LoweredMaxPooling3D({ name, poolSize: size, strides: stride, padding: 'same' });
  return layer.apply(x) as SymbolicTensor;
}

function only(inputs: Tensor | Tensor[]): Tensor5D {
  return (Array.isArray(inputs) ? inputs[0] : inputs) as Tensor5D;
}

/** Frames before the first that a window reaches, and how many steps there are; 'same' puts the odd zero at the end. */
function stepsOf(time: number, { size, stride }: Window): { before: number; steps: number } {
  const steps = Math.ceil(time / stride);
  const padding = Math.max((steps - 1) * stride + size - time, 0);
  return { before: Math.floor(padding / 2), steps };
}

function frameAt(x: Tensor5D, t: number): Tensor4D {
  const [batch, , height, width, channels] = x.shape;
  const frame = tf.slice(x, [0, t, 0, 0, 0], [-1, 1, -1, -1, -1]);
  return tf.reshape(frame, [batch, height, width, channels]);
}

/** Steps [N, …] one after the other, along time: [N, steps, …]. */
function alongTime(steps: readonly Tensor[]): Tensor {
  return tf.stack([...steps], 1);
}

/** The frames that a kernel spans lie side by side, as channels of one picture. */
function convolve(x: Tensor5D, kernel: Tensor5D, window: Window): Tensor {
  const [, time] = x.shape;
  const [, height, width, channels, filters] = kernel.shape;
  const { before, steps } = stepsOf(time, window);
  const frames = Array.from({ length: time }, (_, t) => frameAt(x, t));
  const taps = Array.from({ length: window.size }, (_, k) =>
    tf.reshape(tf.slice(kernel, [k, 0, 0, 0, 0], [1, -1, -1, -1, -1]), [height, width, channels, filters]),
  );
  return alongTime(
    Array.from({ length: steps }, (_, step) => {
      const first = step * window.stride - before;
      const present = [...taps.keys()].filter((k) => first + k >= 0 && first + k < time);
      const pictures = tf.concat(
        present.map((k) => frames[first + k]),
        3,
      ) as Tensor4D;
      const side = tf.concat(
        present.map((k) => taps[k]),
        2,
      ) as Tensor4D;
      return tf.conv2d(pictures, side, window.stride, 'same');
    }),
  );
}

/** The largest over space of each frame, then the largest over the frames of a window. */
function pool(x: Tensor5D, window: Window): Tensor {
  const [, time] = x.shape;
  const { before, steps } = stepsOf(time, window);
  const frames = Array.from({ length: time }, (_, t) =>
    tf.maxPool(frameAt(x, t), window.size, window.stride, 'same'),
  );
  return alongTime(
    Array.from({ length: steps }, (_, step) => {
      const first = step * window.stride - before;
      return frames
        .slice(Math.max(first, 0), Math.min(first + window.size, time))
        .reduce((largest, frame) => tf.maximum(largest, frame));
    }),
  );
}
