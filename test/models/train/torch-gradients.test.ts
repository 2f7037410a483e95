import { readFileSync } from 'node:fs';
import type {
  KernelBackend,
  KernelConfig,
  Tensor,
  Tensor1D,
  Tensor4D,
  TensorInfo,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { registerNativeGradients } from '../../../models/train/gradients/explicit-padding.ts';
import { registerWasmGradients } from '../../../models/train/gradients/index.ts';

interface Window {
  shape: number[];
  strides: [number, number];
  padding: [[number, number], [number, number]];
  value: number;
  dx: number[];
}
// PyTorch's, in float64: test/golden/torch-gradients.py.
const golden: {
  convolutions: (Window & { kernel: number[]; dw: number[] })[];
  pools: (Window & { size: [number, number]; x: number[] })[];
} = JSON.parse(readFileSync(new URL('../../golden/torch-gradients.json', import.meta.url), 'utf8'));

const sizeOf = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

/** The golden script's. */
const wave = (shape: number[], phase: number) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.37 * i + phase + (i * i) / 97));

function projected(y: Tensor): Tensor {
  const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(0.7 * i + (i * i) / 31));
  return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
}

const margins = ({
  padding: [rows, columns],
}: Pick<Window, 'padding'>): [[0, 0], [number, number], [number, number], [0, 0]] => [
  [0, 0],
  rows,
  columns,
  [0, 0],
];

/** Values and gradients; nothing may stay behind, neither tensors nor what a kernel kept to itself. */
function differentiated(f: (...x: Tensor[]) => Tensor, inputs: [Float32Array, number[]][]): number[][] {
  const left = () => [tf.memory().numTensors, (tf.backend() as KernelBackend).numDataIds()];
  const before = left();
  const answers: number[][] = [];
  tf.tidy(() => {
    const tensors = inputs.map(([data, shape]) => tf.tensor(data, shape));
    const { value, grads } = tf.valueAndGrads((...x: Tensor[]) => projected(f(...x)))(tensors);
    for (const tensor of [value, ...grads]) answers.push([...tensor.dataSync()]);
  });
  expect(left()).toEqual(before);
  return answers;
}

function expectClose(received: readonly number[], wanted: readonly number[], name: string): void {
  expect(received).toHaveLength(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  for (const [i, value] of wanted.entries()) {
    expect(Math.abs(received[i] - value), `${name}, element ${i}`).toBeLessThan(2e-5 * scale);
  }
}

/** tfjs's own kernels under the name of tfjs-node's backend, refusing what that refuses. */
function registerNative(): void {
  tf.registerBackend('tensorflow', () => tf.findBackendFactory('cpu')() as KernelBackend);
  tf.copyRegisteredKernels('cpu', 'tensorflow');
  for (const kernelName of ['Conv2DBackpropFilter', 'Conv2DBackpropInput']) {
    const config: KernelConfig = tf.getKernel(kernelName, 'tensorflow');
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        if (Array.isArray((call.attrs as { pad?: unknown }).pad)) throw new Error('EXPLICIT padding');
        // As tfjs-node's kernels do, and cpu's do not.
        return tf.engine().makeTensorFromTensorInfo(config.kernelFunc(call) as TensorInfo);
      },
    });
  }
}

beforeAll(async () => {
  await selectBackend('cpu');
  await selectBackend('wasm');
  registerNative();
  await tf.setBackend('tensorflow');
  const gradient = tf.grad((x) =>
    tf.sum(
      tf.conv2d(
        x as Tensor4D,
        tf.ones([2, 2, 1, 1]),
        1,
        margins({
          padding: [
            [1, 1],
            [1, 1],
          ],
        }),
      ),
    ),
  );
  expect(() => tf.tidy(() => gradient(tf.ones([1, 2, 2, 1])))).toThrow('EXPLICIT');
  registerNativeGradients();
});
afterAll(() => tf.removeBackend('tensorflow'));

describe.each(['wasm', 'tensorflow'])('on %s', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
  });

  it.each(golden.convolutions)(
    'convolution of $shape by $kernel, strides $strides, padding $padding',
    (window) => {
      const { shape, kernel, strides, value, dx, dw } = window;
      const [received, ofX, ofW] = differentiated(
        (x, w) => tf.conv2d(x as Tensor4D, w as Tensor4D, strides, margins(window)),
        [
          [wave(shape, 1), shape],
          [wave(kernel, 2), kernel],
        ],
      );
      expectClose(received, [value], 'value');
      expectClose(ofX, dx, 'dx');
      expectClose(ofW, dw, 'dw');
    },
  );

  it.each(golden.pools)('maximum over $size of $shape, strides $strides, padding $padding', (window) => {
    const { shape, size, strides, x, value, dx } = window;
    const [received, ofX] = differentiated(
      (x) => tf.maxPool(x as Tensor4D, size, strides, margins(window)),
      [[Float32Array.from(x), shape]],
    );
    expectClose(received, [value], 'value');
    expectClose(ofX, dx, 'dx');
  });
});

describe('on wasm', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });

  it.each([
    [1, 3, 'same'],
    [2, 3, 'same'],
    [3, 1, 'same'],
    [2, 5, 'same'],
    [1, 2, 'valid'],
  ] as const)(
    'a convolution by %i every %i, %s, with and without its bias, is that of cpu',
    async (size, stride, pad) => {
      const shapes = [[2, 8, 7, 3], [size, size, 3, 4], [4]];
      const data = shapes.map((shape, i) => wave(shape, i));
      const run = async (backend: string) => {
        await tf.setBackend(backend);
        const before = (tf.backend() as KernelBackend).numDataIds();
        const answers: number[][] = [];
        tf.tidy(() => {
          const [x, filter, bias] = shapes.map((shape, i) => tf.tensor(data[i], shape));
          const windows = { strides: stride, pad, dilations: 1 } as const;
          const plain = tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad);
          const fused = tf.fused.conv2d({
            ...{ x: x as Tensor4D, filter: filter as Tensor4D, bias: bias as Tensor1D },
            ...{ ...windows, activation: 'relu' },
          });
          answers.push([...plain.dataSync()], [...fused.dataSync()], plain.shape);
        });
        expect((tf.backend() as KernelBackend).numDataIds()).toBe(before);
        return answers;
      };
      const wanted = await run('cpu');
      const received = await run('wasm');
      for (const [i, values] of wanted.entries()) expectClose(received[i], values, String(i));
      expect(wanted[1].some((value) => value > 0)).toBe(true);
    },
  );

  it('no kernel is left that answers wrongly', () => {
    const pool = (x: Tensor) => tf.sum(tf.maxPool3d(x as never, 2, 2, 'valid'));
    expect(() => tf.tidy(() => tf.grad(pool)(tf.ones([1, 2, 2, 2, 1])))).toThrow(/MaxPool3DGrad/);
    for (const name of ['Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', 'ResizeNearestNeighborGrad']) {
      expect(tf.getKernel(name, 'wasm')).toBeUndefined();
      expect(tf.getKernel(name, 'cpu')).toBeDefined();
    }
  });
});

it.each([
  ['wasm', registerWasmGradients, ['Conv2D', 'FusedConv2D', 'MaxPoolGrad']],
  ['tensorflow', registerNativeGradients, ['Conv2DBackpropFilter', 'Conv2DBackpropInput']],
] as const)('what is registered for %s once is not wrapped again', (backend, register, names) => {
  const kernels = () => names.map((name) => tf.getKernel(name, backend));
  const before = kernels();
  register();
  expect(kernels()).toEqual(before);
});
