import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { fanInUniform, kaimingNormal, priorBias } from '../../../models/layers/initializers.ts';
import { tf } from '../../../models/tf.ts';
import { Rng } from '../../../src/core/rng.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const drawn = (initializer: ReturnType<typeof kaimingNormal>, shape: number[]) => {
  const tensor = initializer.apply(shape);
  const values = tensor.dataSync<'float32'>();
  expect([tensor.shape, tensor.dtype]).toEqual([shape, 'float32']);
  tensor.dispose();
  return values;
};

describe('drawn weights', () => {
  it("of convolutions are torch's kaiming_normal_ by fan-out", () => {
    const values = drawn(kaimingNormal(5, 'conv1'), [3, 3, 8, 64]);
    // A kernel of 3 × 3 reaches 64 outputs: σ = √(2 / 576).
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.sqrt(variance * 288)).toBeCloseTo(1, 1);
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(values).toEqual(new Rng('5/conv1').normals(4608, 0, Math.sqrt(2 / 576)));
  });

  it("of classifiers are torch's default, uniform by fan-in", () => {
    const values = drawn(fanInUniform(5, 'head'), [3, 3, 4, 8]);
    // 36 inputs: within 1/6 either way, and close to both ends.
    expect(Math.max(...values)).toBeLessThan(1 / 6);
    expect(Math.max(...values)).toBeGreaterThan(0.16);
    expect(Math.min(...values)).toBeGreaterThan(-1 / 6);
    expect(Math.min(...values)).toBeLessThan(-0.16);
  });

  it('depend on the seed and the name, and on nothing else', () => {
    for (const draw of [kaimingNormal, fanInUniform]) {
      const values = drawn(draw(1, 'a'), [4, 5]);
      expect(drawn(draw(1, 'a'), [4, 5])).toEqual(values);
      expect(drawn(draw(2, 'a'), [4, 5])).not.toEqual(values);
      expect(drawn(draw(1, 'b'), [4, 5])).not.toEqual(values);
    }
  });
});

describe('biases of detectors', () => {
  it('make a sigmoid start at the prior', () => {
    for (const bias of drawn(priorBias(0.05, 1), [3])) expect(1 / (1 + Math.exp(-bias))).toBeCloseTo(0.05, 6);
  });

  it('make a softmax over (present, absent) start at the prior', () => {
    const biases = drawn(priorBias(0.05, 2), [4]);
    for (const [present, absent] of [biases.subarray(0, 2), biases.subarray(2)]) {
      expect(Math.exp(present) / (Math.exp(present) + Math.exp(absent))).toBeCloseTo(0.05, 6);
      expect(present + absent).toBe(0);
    }
  });

  it('are zero without one', () => {
    expect([...drawn(priorBias(null, 2), [4])]).toEqual([0, 0, 0, 0]);
  });
});

it('a layer that is made of the configuration of another starts with the same weights', () => {
  const layer = tf.layers.dense({
    ...{ units: 6, inputShape: [4], name: 'd' },
    kernelInitializer: fanInUniform(3, 'd') as never,
    biasInitializer: priorBias(0.1, 2) as never,
  });
  const again = tf.layers.dense(layer.getConfig() as never);
  const convolution = tf.layers.conv2d({
    ...{ filters: 2, kernelSize: 3, inputShape: [5, 5, 3] },
    kernelInitializer: kaimingNormal(3, 'c') as never,
  });
  const same = tf.layers.conv2d(convolution.getConfig() as never);
  for (const [first, second] of [
    [layer, again],
    [convolution, same],
  ]) {
    for (const each of [first, second]) tf.sequential({ layers: [each] });
    const [weights, others] = [first, second].map((each) => each.getWeights().map((w) => [...w.dataSync()]));
    expect(others).toEqual(weights);
    expect(weights[0].some((value) => value !== 0)).toBe(true);
  }
});
