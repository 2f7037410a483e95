import '@tensorflow/tfjs-backend-cpu';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { sigmoidDetectors, softmaxDetectors } from '../../../models/heads/detectors.ts';
import { attend } from '../../../models/heads/spatial-attention.ts';
import { addResidual, convolve2d, convolve3d, normalize } from '../../../models/layers/blocks.ts';
import { GlobalAveragePooling3D } from '../../../models/layers/global-average-pooling3d.ts';
import { tf } from '../../../models/tf.ts';
import { namedWeights } from '../../../models/train/model-weights.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const wave = (shape: number[], phase = 0) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.3 * i + phase)),
    shape,
  );

/** The model from an input of this shape to what a block makes of it, and its weights by name. */
function built(shape: number[], block: (x: SymbolicTensor) => SymbolicTensor | SymbolicTensor[]) {
  const inputs = tf.input({ shape });
  const model = tf.model({ inputs, outputs: block(inputs) });
  const weights = new Map(namedWeights(model).map(({ name, variable }) => [name, variable as Tensor]));
  const run = (x: Tensor) => [model.apply(x) as Tensor | Tensor[]].flat();
  return { run, weights };
}

const expectSame = (received: Tensor, wanted: Tensor) => {
  expect(received.shape).toEqual(wanted.shape);
  const values = received.dataSync();
  for (const [i, value] of wanted.dataSync().entries()) expect(values[i]).toBeCloseTo(value, 5);
};

describe('a convolution of frames', () => {
  // Sides odd and even: 'same' of tfjs pads a strided one of even sides on one side only.
  it.each([
    [1, 1],
    [3, 1],
    [1, 2],
    [3, 2],
    [7, 2],
  ])('of %i pixels every %i has as many zeros on either side', (kernel, stride) => {
    for (const side of [7, 8]) {
      const { run, weights } = built([side, side, 2], (x) =>
        convolve2d(x, { name: 'c', filters: 3, kernel, stride, seed: 1 }),
      );
      expect([...weights.keys()]).toEqual(['c/kernel']);
      const x = wave([2, side, side, 2]);
      const margin = [(kernel - 1) / 2, (kernel - 1) / 2] as [number, number];
      const filter = weights.get('c/kernel') as Tensor4D;
      const pad: [[0, 0], [number, number], [number, number], [0, 0]] = [[0, 0], margin, margin, [0, 0]];
      expectSame(run(x)[0], tf.conv2d(x as Tensor4D, filter, stride, pad));
    }
  });
});

it.each<[[number, number, number], [number, number, number] | undefined, number[]]>([
  [
    [1, 3, 3],
    [1, 2, 2],
    [4, 3, 4],
  ],
  [
    [3, 1, 1],
    [2, 1, 1],
    [2, 6, 7],
  ],
  [[3, 1, 1], undefined, [4, 6, 7]],
])('a convolution of clips by %j every %j keeps their middle', (kernelSize, strides, extents) => {
  const { run, weights } = built([4, 6, 7, 2], (x) =>
    convolve3d(x, { name: 'c', filters: 3, kernelSize, strides, seed: 1 }),
  );
  const [y] = run(wave([1, 4, 6, 7, 2]));
  expect(y.shape).toEqual([1, ...extents, 3]);
  // One tap in the middle only: what comes out are the inputs at the stride.
  const kernel = weights.get('c/kernel')!;
  const tap = kernelSize[0] === 3 ? 1 : 4;
  const middle = Float32Array.from({ length: kernel.size }, (_, i) => (Math.floor(i / 6) === tap ? 1 : 0));
  (kernel as unknown as { assign(value: Tensor): void }).assign(tf.tensor(middle, kernel.shape));
  const x = wave([1, 4, 6, 7, 2]);
  const [down, across, over] = strides ?? [1, 1, 1];
  const summed = tf.sum(x, -1, true);
  const kept = tf.stridedSlice(summed, [0, 0, 0, 0, 0], [1, 4, 6, 7, 1], [1, down, across, over, 1]);
  expectSame(run(x)[0], tf.tile(kept, [1, 1, 1, 1, 3]));
});

it('the end of a residual block is relu(x + shortcut)', () => {
  const { run } = built([4], (x) =>
    addResidual(x, tf.layers.activation({ activation: 'linear' }).apply(x) as SymbolicTensor, 'end'),
  );
  expect([...run(tf.tensor2d([[1, -2, 0, 3]]))[0].dataSync()]).toEqual([2, 0, 0, 6]);
});

it('a normalisation may start from a scale of zero', () => {
  const { weights } = built([2, 2, 3], (x) => normalize(x, 'bn', { zeroGamma: true }));
  expect([...weights.get('bn/gamma')!.dataSync()]).toEqual([0, 0, 0]);
  const { weights: others, run } = built([2, 2, 3], (x) => normalize(x, 'bn'));
  expect([...others.get('bn/gamma')!.dataSync()]).toEqual([1, 1, 1]);
  const x = wave([1, 2, 2, 3]);
  expectSame(run(x)[0], tf.div(x, Math.sqrt(1 + 1e-5)));
});

it('the mean of a clip is over time and space', () => {
  const layer = new GlobalAveragePooling3D({});
  const x = wave([2, 3, 4, 5, 6]);
  expectSame(layer.apply(x) as Tensor, tf.mean(x, [1, 2, 3]));
  expect(layer.computeOutputShape([null as never, 3, 4, 5, 6])).toEqual([null, 6]);
});

describe('heads', () => {
  it('the attention weighs every position by a map, which is an answer too', () => {
    const { run, weights } = built([3, 4, 2], (x) => {
      const { attended, map } = attend(x, 7);
      return [attended, map];
    });
    expect([...weights.keys()]).toEqual(['attention.conv/kernel', 'attention.conv/bias']);
    const x = wave([2, 3, 4, 2]);
    const map = tf.sigmoid(
      tf.conv2d(x as Tensor4D, weights.get('attention.conv/kernel') as Tensor4D, 1, 'same'),
    );
    const [attended, answer] = run(x);
    expectSame(answer, tf.reshape(map, [2, 3, 4]));
    expectSame(attended, tf.mul(x, map));
    const kernel = weights.get('attention.conv/kernel')!.dataSync();
    // 18 inputs: uniform within 1/√18.
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThan(1 / Math.sqrt(18));
    expect(new Set(kernel).size).toBe(18);
  });

  it.each([
    ['softmax', softmaxDetectors],
    ['sigmoid', sigmoidDetectors],
  ] as const)('%s detectors start near the prior, or near one half without one', (_, detectors) => {
    const answers = (prior: number | null, zero?: boolean) => {
      const { run, weights } = built([5], (x) => detectors(x, { labels: 3, seed: 7, prior, zero }));
      expect([...weights.keys()]).toEqual(['probabilities/kernel', 'probabilities/bias']);
      return [tf.zeros([1, 5]), wave([1, 5])].map((x) => [...run(x)[0].dataSync()]);
    };
    const [start, moved] = answers(0.1);
    expect(start).toEqual([0.1, 0.1, 0.1].map((p) => expect.closeTo(p, 6)));
    expect(moved).not.toEqual(start);
    expect(answers(null)[0]).toEqual([0.5, 0.5, 0.5]);
    expect(answers(0.1)).toEqual([start, moved]);
  });

  it('sigmoid detectors may start from zero weights', () => {
    const { run } = built([5], (x) => sigmoidDetectors(x, { labels: 2, seed: 7, prior: null, zero: true }));
    expect([...run(wave([1, 5]))[0].dataSync()]).toEqual([0.5, 0.5]);
  });
});
