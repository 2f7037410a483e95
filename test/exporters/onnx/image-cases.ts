import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { describe, graph, type LayerCase, stack } from './case.ts';
import { tf } from './parity.ts';

const L = tf.layers;
const image = [2, 5, 4, 3];

const transposed = [
  { kernelSize: 3, strides: 2, padding: 'same' },
  { kernelSize: 3, strides: 2, padding: 'valid', activation: 'relu' },
  { kernelSize: 2, strides: 3, padding: 'same', useBias: false },
  { kernelSize: [2, 5], strides: [3, 1], padding: 'valid' },
  {
    kernelSize: [4, 3],
    strides: [1, 2],
    padding: 'same',
    dataFormat: 'channelsFirst',
    activation: 'softmax',
  },
] as const;

/**
 * A layer that tfjs 4.22 computes on a tensor but not inside a model, where it hands the list of inputs on to an
 * operation that wants a tensor: the model's reference calls it on the tensor.
 */
function calledOnTensor(name: string, make: () => layers.Layer): LayerCase {
  // Some layers write into the shape of what they are applied to, which must not be the model's input.
  const before = () =>
    L.zeroPadding2d({
      name: 'pad',
      padding: [
        [0, 1],
        [0, 0],
      ],
    });
  class OnTensor extends L.Layer {
    static readonly className = 'OnTensor';
    readonly #layer = make();
    override computeOutputShape() {
      return [null, null, null, null];
    }
    override call(inputs: Tensor[]) {
      return this.#layer.call(inputs[0], {});
    }
  }
  return {
    ...stack(name, image, [before, make]),
    reference: stack('', image, [before, () => new OnTensor({ name: 'on_tensor' })]).build,
  };
}

/** Layers of images that layer-cases.ts does not have. */
export const imageCases: readonly LayerCase[] = [
  ...transposed.map((config) =>
    stack(`Conv2DTranspose ${describe(config)}`, image, [
      () => L.conv2dTranspose({ name: 'conv', filters: 4, ...config } as never),
    ]),
  ),
  stack(
    'Conv2DTranspose of any extent',
    image,
    [() => L.conv2dTranspose({ name: 'conv', filters: 4, kernelSize: 3, strides: 2, padding: 'same' })],
    { declared: [null, null, 3] },
  ),
  ...(['same', 'valid'] as const).map((padding) =>
    stack(
      `Conv3DTranspose ${padding}`,
      [2, 3, 4, 3, 2],
      [() => L.conv3dTranspose({ name: 'conv', filters: 3, kernelSize: [3, 2, 4], strides: 2, padding })],
    ),
  ),
  stack('BatchNormalization after Conv2DTranspose', image, [
    () => L.conv2dTranspose({ name: 'conv', filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
    () => L.batchNormalization({ name: 'bn' }),
  ]),
  stack('SeparableConv2D channelsFirst without bias', image, [
    () =>
      L.separableConv2d({
        ...{ name: 'conv', filters: 5, kernelSize: 3, padding: 'same', useBias: false },
        ...{ dataFormat: 'channelsFirst', activation: 'softmax' },
      }),
  ]),
  ...([-1, [1, 2], [1, 2, 3], 2] as const).map((axis) =>
    stack(`LayerNormalization over ${axis} after Conv2D`, image, [
      () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
      () => L.layerNormalization({ name: 'norm', axis: axis as number }),
    ]),
  ),
  stack(
    'LayerNormalization without scale',
    [3, 7],
    [() => L.layerNormalization({ name: 'norm', scale: false, epsilon: 0.1 })],
  ),
  stack(
    'LayerNormalization without scale and centre over the first axis',
    [3, 7, 5],
    [() => L.layerNormalization({ name: 'norm', axis: 1, scale: false, center: false })],
  ),
  stack('Rescaling before Conv2D', image, [
    () => L.rescaling({ name: 'scale', scale: 1 / 127.5, offset: -1 }),
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
  ]),
  stack('Rescaling of whole numbers', image, [() => L.rescaling({ name: 'scale', scale: 0.5 })], {
    tokens: 256,
  }),
  ...(['bilinear', 'nearest'] as const).flatMap((interpolation) =>
    [false, true].flatMap((cropToAspectRatio) =>
      [
        [9, 7],
        [3, 2],
        [1, 4],
      ].map(([height, width]) =>
        calledOnTensor(`Resizing ${describe({ interpolation, cropToAspectRatio, height, width })}`, () =>
          L.resizing({ name: 'resize', height, width, interpolation, cropToAspectRatio }),
        ),
      ),
    ),
  ),
  ...[
    [3, 3],
    [5, 3],
    [6, 4],
    [1, 2],
    [8, 3],
    [7, 9],
  ].map(([height, width]) =>
    calledOnTensor(`CenterCrop to ${height}×${width}`, () => L.centerCrop({ name: 'crop', height, width })),
  ),
  stack('CenterCrop after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 2 }),
    () => L.centerCrop({ name: 'crop', height: 3, width: 2 }),
  ]),
  calledOnTensor('RandomWidth of no change', () =>
    L.randomWidth({ name: 'width', factor: [0, 0], seed: 1 } as never),
  ),
  stack('Softmax over two axes after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 3 }),
    () => L.softmax({ name: 'softmax', axis: [1, 2] }),
  ]),
  graph('Conv2DTranspose that is shared', [image, image], (x, y) => {
    const conv = L.conv2dTranspose({ name: 'conv', filters: 2, kernelSize: 3, strides: 2 });
    return L.add({ name: 'sum' }).apply([conv.apply(x), conv.apply(y)] as SymbolicTensor[]) as SymbolicTensor;
  }),
];
