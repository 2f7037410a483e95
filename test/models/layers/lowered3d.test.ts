import '@tensorflow/tfjs-backend-cpu';
import type { Tensor, Tensor5D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { glorotUniform } from '../../../models/layers/initializers.ts';
import { convolveClip, poolClip } from '../../../models/layers/lowered3d.ts';
import { tf } from '../../../models/tf.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const shapes = [
  [1, 4, 7, 6, 2],
  [2, 5, 8, 9, 3],
  [1, 1, 4, 4, 1],
  [1, 3, 2, 5, 2],
];
const clip = (shape: number[]) => tf.randomNormal(shape as never, 0, 1, 'float32', 7) as Tensor5D;
const close = (actual: Tensor, expected: Tensor) => {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.dataSync();
  actual.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(values[i], 4);
  });
};

// tfjs's own kernels on the plain CPU backend, which PyTorch's values hold for (test/golden/torch-gradients.py).
describe('three dimensions made of two', () => {
  it.each(
    shapes.flatMap((shape) => [
      [shape, 3, 2] as const,
      [shape, 3, 3] as const,
      [shape, 5, 3] as const,
      [shape, 7, 2] as const,
      [shape, 2, 1] as const,
    ]),
  )(
    'convolve %j with a kernel of %i at a stride of %i as tfjs does, gradients included',
    (shape, size, stride) => {
      const input = tf.input({ shape: shape.slice(1) });
      const initializer = glorotUniform(1, 'c');
      const config = { name: 'c', filters: 4, size, stride, initializer };
      const model = tf.model({ inputs: input, outputs: convolveClip(input, config) });
      const [kernel] = model.getWeights() as Tensor5D[];
      const bias = tf.tensor1d([0.1, -0.2, 0.3, 0]);
      model.setWeights([kernel, bias]);
      const x = clip(shape);
      const plain = (x: Tensor, w: Tensor) =>
        tf.relu(tf.add(tf.conv3d(x as Tensor5D, w as Tensor5D, stride, 'same'), bias));
      close(model.predict(x) as Tensor, plain(x, kernel));
      expect(model.layers[1].getClassName()).toBe('Conv3D');
      const [dx, dw] = tf.grads((x, w) => tf.sum(tf.square(plain(x, w))))([x, kernel]);
      close(tf.grad((x) => tf.sum(tf.square(model.apply(x) as Tensor)))(x), dx);
      const { grads } = tf.variableGrads(() => tf.sum(tf.square(model.apply(x) as Tensor)) as never);
      const [ours] = Object.entries(grads).filter(([name]) => name.includes('kernel'));
      close(ours[1], dw);
      model.dispose();
    },
  );

  it.each(
    shapes.flatMap((shape) => [[shape, 3, 2] as const, [shape, 2, 2] as const, [shape, 3, 1] as const]),
  )('pool %j by windows of %i at a stride of %i as tfjs does, gradients included', (shape, size, stride) => {
    const input = tf.input({ shape: shape.slice(1) });
    const model = tf.model({ inputs: input, outputs: poolClip(input, { name: 'p', size, stride }) });
    const x = clip(shape);
    const plain = (x: Tensor) => tf.maxPool3d(x as Tensor5D, size, stride, 'same');
    close(model.predict(x) as Tensor, plain(x));
    expect(model.layers[1].getClassName()).toBe('MaxPooling3D');
    close(
      tf.grad((x) => tf.sum(tf.square(model.apply(x) as Tensor)))(x),
      tf.grad((x) => tf.sum(tf.square(plain(x))))(x),
    );
  });
});
