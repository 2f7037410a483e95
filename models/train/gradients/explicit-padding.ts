import type { KernelConfig, NamedTensorInfoMap, Tensor4D } from '@tensorflow/tfjs-core';
import { tf } from '../../tf.ts';
import type { WindowAttributes } from './wasm-kernel.ts';

type Shape4 = [number, number, number, number];
type Margins = [[0, 0], [number, number], [number, number], [0, 0]];
type Attributes = WindowAttributes & { inputShape: Shape4; filterShape: Shape4 };

let registered = false;

/**
 * Lets tfjs-node differentiate convolutions with padding given as numbers: it computes them, but refuses their
 * gradients. They are those of a 'valid' convolution over a padded input.
 */
export function registerNativeGradients(): void {
  if (registered) return;
  registered = true;
  replace('Conv2DBackpropFilter', (shipped, { x, dy }, attrs, margins) => {
    const padded = tf.pad(x as Tensor4D, margins);
    return shipped({ x: padded, dy }, { ...attrs, pad: 'valid' });
  });
  replace('Conv2DBackpropInput', (shipped, inputs, attrs, margins) => {
    const inputShape = attrs.inputShape.map((extent, axis) => extent + margins[axis][0] + margins[axis][1]);
    const padded = shipped(inputs, { ...attrs, inputShape: inputShape as Shape4, pad: 'valid' });
    return tf.slice(
      padded,
      margins.map(([before]) => before),
      attrs.inputShape,
    );
  });
}

type Shipped = (inputs: NamedTensorInfoMap, attrs: Attributes) => Tensor4D;

function replace(
  kernelName: string,
  gradient: (shipped: Shipped, inputs: NamedTensorInfoMap, attrs: Attributes, margins: Margins) => Tensor4D,
): void {
  const config: KernelConfig = tf.getKernel(kernelName, 'tensorflow');
  tf.unregisterKernel(kernelName, 'tensorflow');
  tf.registerKernel({
    ...config,
    kernelFunc: (call) => {
      const attrs = call.attrs as unknown as Attributes;
      if (!Array.isArray(attrs.pad)) return config.kernelFunc(call);
      const shipped: Shipped = (inputs, changed) =>
        config.kernelFunc({ ...call, inputs, attrs: changed as never }) as Tensor4D;
      return tf.tidy(() => gradient(shipped, call.inputs, attrs, attrs.pad as Margins));
    },
  });
}
