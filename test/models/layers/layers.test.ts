import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { BatchNorm } from '../../../models/layers/batch-norm.ts';
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
