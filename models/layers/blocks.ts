/** The compositions that backbones are made of, each applied to a symbolic tensor and named as torchvision names it. */
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { tf } from '../tf.ts';
import { BatchNorm } from './batch-norm.ts';
import { FactorizedConv3D } from './factorized-conv3d.ts';
import { kaimingNormal } from './initializers.ts';

interface Convolution2D {
  name: string;
  filters: number;
  /** Odd: the padding is symmetric, (kernel − 1) / 2, as in torchvision. */
  kernel: number;
  stride?: number;
  seed: number;
}

/**
 * A bias-free 2-D convolution with symmetric padding. tfjs's own 'same' pads a strided convolution more on the
 * right than on the left, which torchvision's weights do not fit; so strided ones are padded by a layer before.
 */
export function convolve2d(
  x: SymbolicTensor,
  { name, filters, kernel, stride = 1, seed }: Convolution2D,
): SymbolicTensor {
  const padded = stride > 1 && kernel > 1;
  const input = padded
    ? tf.layers.zeroPadding2d({ padding: (kernel - 1) / 2, name: `${name}.pad` }).apply(x)
    : x;
  const layer = tf.layers.conv2d({
    name,
    filters,
    kernelSize: kernel,
    strides: stride,
    padding: padded ? 'valid' : 'same',
    useBias: false,
    kernelInitializer: kaimingNormal(seed, name) as never,
  });
  return layer.apply(input) as SymbolicTensor;
}

interface Convolution3D {
  name: string;
  filters: number;
  kernelSize: [number, number, number];
  strides?: [number, number, number];
  seed: number;
}

/** A bias-free convolution over space or over time, with symmetric padding. */
export function convolve3d(x: SymbolicTensor, config: Convolution3D): SymbolicTensor {
  const { name, filters, kernelSize, strides = [1, 1, 1], seed } = config;
  const [time, height, width] = kernelSize;
  const padding: [number, number, number] = [(time - 1) / 2, (height - 1) / 2, (width - 1) / 2];
  const kernelInitializer = kaimingNormal(seed, name);
  return new FactorizedConv3D({ name, filters, kernelSize, strides, padding, kernelInitializer }).apply(
    x,
  ) as SymbolicTensor;
}

export function normalize(
  x: SymbolicTensor,
  name: string,
  options: { zeroGamma?: boolean } = {},
): SymbolicTensor {
  return new BatchNorm({ name, ...options }).apply(x) as SymbolicTensor;
}

export function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return tf.layers.activation({ activation: 'relu', name }).apply(x) as SymbolicTensor;
}

/** relu(x + shortcut): the end of every residual block. */
export function addResidual(x: SymbolicTensor, shortcut: SymbolicTensor, name: string): SymbolicTensor {
  const sum = tf.layers.add({ name: `${name}.add` }).apply([x, shortcut]) as SymbolicTensor;
  return relu(sum, `${name}.relu`);
}
