import '@tensorflow/tfjs-backend-cpu';
import type { KernelBackend, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { checkGradients } from '../../../models/train/gradient-check.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** What the check says while a kernel's answers are changed a little. */
function checkedWith(kernelName: string, change: (value: number, i: number) => number): string | null {
  const shipped: KernelConfig = tf.getKernel(kernelName, 'cpu');
  const replace = (config: KernelConfig) => {
    tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel(config);
  };
  const changed = (call: Parameters<KernelConfig['kernelFunc']>[0]) => {
    const answer = shipped.kernelFunc(call) as TensorInfo;
    const { values } = (call.backend as { data: { get(id: object): { values: Float32Array } } }).data.get(
      answer.dataId,
    );
    for (const [i, value] of values.entries()) values[i] = change(value, i);
    return answer;
  };
  replace({ ...shipped, kernelFunc: changed });
  const before = [tf.memory().numTensors, (tf.backend() as KernelBackend).numDataIds()];
  try {
    return checkGradients();
  } finally {
    expect([tf.memory().numTensors, (tf.backend() as KernelBackend).numDataIds()]).toEqual(before);
    replace(shipped);
  }
}

describe('the self-test of a backend', () => {
  it("passes tfjs's own, and leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    expect(checkGradients()).toBeNull();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    ['Conv2DBackpropFilter', /^the gradient of \w+ gives -?\d+\.\d+, not -?\d+\.\d+$/],
    ['Conv2DBackpropInput', /^the gradient of \w+ gives/],
    ['MaxPoolGrad', /^the gradient of stem gives -0\.36\d+, not -0\.358982942$/],
    ['AvgPool', /^the /],
    ['Conv2D', /^the loss is \d+\.\d+, not 8\.41582058$/],
    ['Softmax', /^the loss is \d+\.\d+, not 8\.41582058$/],
  ])('notices a %s that is two percent off, but no rounding', (kernel, fault) => {
    expect(checkedWith(kernel, (value) => value * 1.02)).toMatch(fault);
    expect(checkedWith(kernel, (value) => value * (1 + 1e-6))).toBeNull();
  });

  it('notices what is no number', () => {
    expect(checkedWith('Conv2D', () => Number.NaN)).toBe('the loss is NaN, not 8.41582058');
    expect(checkedWith('MaxPoolGrad', () => Number.NaN)).toBe(
      'the gradient of stem gives NaN, not -0.358982942',
    );
  });

  it('decides what may train', async () => {
    await expect(selectBackend('cpu')).resolves.toEqual({
      name: 'cpu',
      detail: 'plain JavaScript, 1 thread',
    });
  });
});
