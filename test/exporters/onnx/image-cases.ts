import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { calledOnTensor, describe, graph, type LayerCase, stack } from './case.ts';
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
        calledOnTensor(
          `Resizing ${describe({ interpolation, cropToAspectRatio, height, width })}`,
          image,
          () => L.resizing({ name: 'resize', height, width, interpolation, cropToAspectRatio }),
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
    calledOnTensor(`CenterCrop to ${height}×${width}`, image, () =>
      L.centerCrop({ name: 'crop', height, width }),
    ),
  ),
  stack('CenterCrop after Conv2D', image, [
    () => L.conv2d({ name: 'conv', filters: 4, kernelSize: 2 }),
    () => L.centerCrop({ name: 'crop', height: 3, width: 2 }),
  ]),
  calledOnTensor('RandomWidth of no change', image, () =>
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
