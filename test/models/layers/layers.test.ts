import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchNorm } from '../../../models/layers/batch-norm.ts';
import { normalizeBatch, scaleChannels } from '../../../models/layers/batch-norm-op.ts';
import { FactorizedConv3D } from '../../../models/layers/factorized-conv3d.ts';
import { SoftmaxDetectors } from '../../../models/layers/softmax-detectors.ts';
import { tf } from '../../../models/tf.ts';

interface Golden {
  shape: number[];
  data: number[];
}

// Written by test/golden/torch-layers.py with PyTorch.
const golden = JSON.parse(readFileSync(new URL('../../golden/torch-layers.json', import.meta.url), 'utf8'));
const toTensor = ({ data, shape }: Golden) => tf.tensor(data, shape, 'float32');

function expectClose(actual: ReturnType<typeof toTensor>, expected: Golden, tolerance = 2e-5) {
  expect(actual.shape).toEqual(expected.shape);
  const values: Float32Array = actual.dataSync<'float32'>();
  const worst = values.reduce((max, value, i) => Math.max(max, Math.abs(value - expected.data[i])), 0);
  expect(worst).toBeLessThan(tolerance);
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe("FactorizedConv3D against PyTorch's Conv3d", () => {
  for (const [index, { kernelSize, strides, padding, x, kernel, y }] of golden.convolutions.entries()) {
    it(`case ${index}: kernel ${kernelSize}, strides ${strides}, ${x.shape}`, () => {
      const layer = new FactorizedConv3D({ filters: 3, kernelSize, strides, padding });
      const input = toTensor(x);
      layer.apply(input);
      layer.setWeights([toTensor(kernel)]);
      expectClose(layer.apply(input) as ReturnType<typeof toTensor>, y);
      expect(layer.computeOutputShape(x.shape)).toEqual(y.shape);
    });
  }

  it('refuses a kernel over both time and space', () => {
    expect(
      () =>
        new FactorizedConv3D({ filters: 1, kernelSize: [3, 3, 3], strides: [1, 1, 1], padding: [0, 0, 0] }),
    ).toThrow('time or space');
  });
});

describe("BatchNorm against PyTorch's BatchNorm3d", () => {
  it('normalises a batch, keeps its running averages, and infers with them', () => {
    const { x, trained, inferred, runningMean, runningVariance } = golden.batchNorm;
    const layer = new BatchNorm({});
    const input = toTensor(x);
    layer.apply(input);
    layer.setWeights([
      tf.tensor1d([0.5, 1.5, -1]),
      tf.tensor1d([0.1, -0.2, 0.3]),
      tf.zeros([3]),
      tf.ones([3]),
    ]);
    expectClose(layer.apply(input, { training: true }) as ReturnType<typeof toTensor>, trained);
    const [, , mean, variance] = layer.getWeights();
    expectClose(mean, runningMean);
    expectClose(variance, runningVariance);
    expectClose(layer.apply(input) as ReturnType<typeof toTensor>, inferred);
  });
});

// Written by test/golden/torch-gradients.py with PyTorch.
const { norms }: { norms: Record<string, number[] & number>[] } = JSON.parse(
  readFileSync(new URL('../../golden/torch-gradients.json', import.meta.url), 'utf8'),
);
type Flat = ReturnType<typeof toTensor>;
const sine = (shape: number[], phase: number, factor = 1) =>
  tf.tensor(
    Float32Array.from({ length: shape[0] }, (_, i) => factor * Math.sin(1.37 * i + phase + (i * i) / 97)),
    shape,
  );
function projected(y: Flat): Flat {
  const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(0.7 * i + (i * i) / 31));
  return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
}

describe('normalisation of a batch, one channel of which is constant', () => {
  it.each(norms)('of $shape with epsilon $epsilon is that of PyTorch, and so are its gradients', (wanted) => {
    const { shape, epsilon, x, y, mean, variance, dx, dgamma, dbeta } = wanted;
    // An epsilon of 1e-5 makes the constant channel's gradients 316 times as large.
    const tolerance = epsilon < 1e-4 ? 1e-3 : 5e-5;
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const inputs = [tf.tensor(x, shape), sine([3], 5, 1.5), sine([3], 6)];
      const [answer, itsMean, itsVariance] = normalizeBatch(
        ...(inputs as [Flat, Tensor1D, Tensor1D]),
        epsilon,
      );
      expectClose(answer, { shape, data: y });
      expectClose(itsMean, { shape: [3], data: mean });
      expectClose(itsVariance, { shape: [3], data: variance });
      const { grads } = tf.valueAndGrads((...[x, gamma, beta]: Flat[]) =>
        projected(normalizeBatch(x, gamma as never, beta as never, epsilon)[0]),
      )(inputs);
      expectClose(grads[0], { shape, data: dx }, tolerance);
      expectClose(grads[1], { shape: [3], data: dgamma }, tolerance);
      expectClose(grads[2], { shape: [3], data: dbeta }, tolerance);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('of one sample moves its averages by what there is', () => {
    const layer = new BatchNorm({ momentum: 0.75, epsilon: 0.5 });
    const x = tf.tensor2d([[4, -8]]);
    layer.apply(x);
    expectClose(layer.apply(x, { training: true }) as Flat, { shape: [1, 2], data: [0, 0] });
    const [, , mean, variance] = layer.getWeights();
    expectClose(mean, { shape: [2], data: [1, -2] });
    expectClose(variance, { shape: [2], data: [0.75, 0.75] });
    // By its averages: (4 − 1) / √(0.75 + 0.5)
    expectClose(layer.apply(x) as Flat, { shape: [1, 2], data: [3 / Math.sqrt(1.25), -6 / Math.sqrt(1.25)] });
  });
});

describe('scaling of channels', () => {
  it.each([[[5, 2]], [[2, 3, 4, 2]], [[1, 2, 1, 3, 2]]])(
    'of %j and its gradients are as plain as they sound',
    (shape) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      const values = Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i + 1));
      const [scale, shift] = [
        [1.5, -2],
        [0.25, 3],
      ];
      const dy = Float32Array.from({ length: size }, (_, i) => Math.cos(0.7 * i + (i * i) / 31));
      const sumOf = (terms: (i: number) => number) =>
        [0, 1].map((c) => Array.from(dy.keys(), (i) => (i % 2 === c ? terms(i) : 0)).reduce((a, b) => a + b));
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const x = tf.tensor(values, shape);
        const inputs = [x, tf.tensor1d(scale), tf.tensor1d(shift)];
        const f = (...[x, by, plus]: Flat[]) => scaleChannels(x, by as never, plus as never);
        expectClose(f(...inputs), {
          shape,
          data: Array.from(values, (v, i) => v * scale[i % 2] + shift[i % 2]),
        });
        const { grads } = tf.valueAndGrads((...x: Flat[]) => projected(f(...x)))(inputs);
        expectClose(grads[0], { shape, data: Array.from(dy, (d, i) => d * scale[i % 2]) });
        expectClose(grads[1], { shape: [2], data: sumOf((i) => dy[i] * values[i]) });
        expectClose(grads[2], { shape: [2], data: sumOf((i) => dy[i]) });
      });
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('SoftmaxDetectors against PyTorch', () => {
  it('gives the probability of "present", the first of each pair', () => {
    const { features, kernel, bias, probabilities } = golden.detectors;
    const layer = new SoftmaxDetectors({ labels: 4 });
    const input = toTensor(features);
    layer.apply(input);
    layer.setWeights([toTensor(kernel), toTensor(bias)]);
    expectClose(layer.apply(input) as ReturnType<typeof toTensor>, probabilities);
  });
});
