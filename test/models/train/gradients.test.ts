import type { KernelBackend, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalizeBatch } from '../../../models/layers/batch-norm-op.ts';
import { tf } from '../../../models/tf.ts';
import { selectBackend } from '../../../models/train/backend.ts';
import { Rng } from '../../../src/core/rng.ts';

/** A function of tensors, the shapes it takes, and how to call it in a failure. */
interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly f: (...inputs: Tensor[]) => Tensor;
}

/** Largest difference over largest value, of every gradient: wasm against tfjs's cpu backend. The worst seen is 9e-7. */
const tolerance = 1e-5;

const rng = new Rng('gradients');
const worst = new Map<string, number>();

async function gradientsOn(backend: string, run: Case, data: Float32Array[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  // What a kernel keeps to itself is no tensor, but memory of the backend's all the same.
  const held = () => [tf.memory().numTensors, (tf.backend() as KernelBackend).numDataIds()];
  const before = held();
  const arrays = tf.tidy(() => {
    const inputs = run.shapes.map((shape, i) => tf.tensor(data[i], [...shape]));
    // A fixed projection makes every output element count, each differently.
    const project = (y: Tensor) => {
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(0.7 * i + (i * i) / 31));
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    };
    const { value, grads } = tf.valueAndGrads((...x: Tensor[]) => project(run.f(...x)))(inputs);
    return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array) as unknown as Tensor[];
  }) as unknown as Float32Array[];
  expect(held(), `${run.name} leaks on ${backend}`).toEqual(before);
  return arrays;
}

async function compare(kind: string, run: Case): Promise<void> {
  const data = run.shapes.map((shape) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
  );
  const reference = await gradientsOn('cpu', run, data);
  const received = await gradientsOn('wasm', run, data);
  for (const [k, values] of reference.entries()) {
    expect(received[k].length).toBe(values.length);
    let scale = 1e-3;
    let difference = 0;
    for (let i = 0; i < values.length; i++) {
      scale = Math.max(scale, Math.abs(values[i]));
      difference = Math.max(difference, Math.abs(values[i] - received[k][i]));
    }
    // The projection is a sum of many terms: its rounding is that of its largest partial sums.
    const error = k === 0 ? difference / Math.max(scale, Math.sqrt(values.length)) : difference / scale;
    worst.set(kind, Math.max(worst.get(kind) ?? 0, k === 0 ? 0 : error));
    if (k > 0) expect(error, `${run.name}, gradient ${k - 1}`).toBeLessThan(tolerance);
    else expect(error, `${run.name}, value`).toBeLessThan(1e-4);
  }
}

type Padding = 'valid' | 'same' | [[0, 0], [number, number], [number, number], [0, 0]];

function randomPadding(kh: number, kw: number): Padding {
  const choice = rng.integer(4);
  if (choice === 0) return 'valid';
  if (choice === 1) return 'same';
  const vertical = choice === 2 ? Math.floor(kh / 2) : rng.integer(kh);
  const horizontal = choice === 2 ? Math.floor(kw / 2) : rng.integer(kw);
  return [
    [0, 0],
    [vertical, choice === 2 ? vertical : rng.integer(kh)],
    [horizontal, choice === 2 ? horizontal : rng.integer(kw)],
    [0, 0],
  ];
}

beforeAll(async () => {
  await selectBackend('cpu');
  await selectBackend('wasm');
});

afterAll(() => {
  for (const error of worst.values()) expect(error).toBeLessThan(tolerance);
});

describe('convolution', () => {
  const kernels = [
    [1, 1],
    [3, 3],
    [7, 7],
    [3, 1],
    [1, 3],
    [2, 5],
    [5, 5],
  ];
  const strides: [number, number][] = [
    [1, 1],
    [2, 2],
    [2, 1],
    [3, 2],
  ];

  test.each(kernels)('%i×%i, random sizes, strides and paddings', async (kh, kw) => {
    for (const stride of strides) {
      for (let repeat = 0; repeat < 4; repeat++) {
        const pad = randomPadding(kh, kw);
        const height = kh + rng.integer(9);
        const width = kw + rng.integer(9);
        const [images, inputs, outputs] = [1 + rng.integer(3), 1 + rng.integer(6), 1 + rng.integer(9)];
        await compare('convolution', {
          name: `conv ${images}×${height}×${width}×${inputs}→${outputs}, ${kh}×${kw}, stride ${stride}, pad ${JSON.stringify(pad)}`,
          shapes: [
            [images, height, width, inputs],
            [kh, kw, inputs, outputs],
          ],
          f: (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, pad),
        });
      }
    }
  });

  test('a batch larger than one group of patches', async () => {
    await compare('convolution', {
      name: 'conv 5×40×40×24',
      shapes: [
        [5, 40, 40, 24],
        [3, 3, 24, 4],
      ],
      f: (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, 1, 'same'),
    });
  });
});

describe('pooling', () => {
  test.each([
    [3, 2],
    [2, 2],
    [3, 1],
    [2, 3],
  ])('maximum and average, windows of %i, stride %i', async (size, stride) => {
    for (let repeat = 0; repeat < 3; repeat++) {
      const shape = [1 + rng.integer(3), size + rng.integer(8), size + rng.integer(8), 1 + rng.integer(7)];
      const p = Math.floor(size / 2);
      const around: Padding = [
        [0, 0],
        [p, p],
        [p, p],
        [0, 0],
      ];
      for (const pad of ['valid', 'same', around] as const) {
        const name = `${shape} by ${size}, stride ${stride}, pad ${JSON.stringify(pad)}`;
        await compare('pooling', {
          name: `max pool ${name}`,
          shapes: [shape],
          f: (x) => tf.maxPool(x as Tensor4D, size, stride, pad),
        });
        if (typeof pad !== 'string') continue;
        await compare('pooling', {
          name: `average pool ${name}`,
          shapes: [shape],
          f: (x) => tf.avgPool(x as Tensor4D, size, stride, pad),
        });
      }
    }
  });

  test('the maximum of windows without a positive value', async () => {
    await compare('pooling', {
      name: 'negative max pool',
      shapes: [[2, 6, 6, 3]],
      f: (x) => tf.maxPool(tf.sub(x, 10) as Tensor4D, 3, 2, 'same'),
    });
  });
});

describe('batch normalisation', () => {
  test.each([[[4, 6]], [[3, 5, 5, 8]], [[2, 4, 3, 3, 6]], [[13, 7, 1, 3]], [[8, 16, 16, 4]]])(
    'over %j',
    async (shape) => {
      const channels = shape[shape.length - 1];
      await compare('batch normalisation', {
        name: `normalizeBatch ${shape}`,
        shapes: [shape, [channels], [channels]],
        f: (x, gamma, beta) => normalizeBatch(x, gamma as never, beta as never, 1e-5)[0],
      });
    },
  );

  test('agrees with the formula that tfjs differentiates by itself', async () => {
    const shape = [3, 4, 5, 6];
    const data = [shape, [6], [6]].map((s) =>
      Float32Array.from({ length: s.reduce((a, b) => a * b, 1) }, () => rng.normal(1, 2)),
    );
    const run = (name: string, f: Case['f']) =>
      gradientsOn('cpu', { name, shapes: [shape, [6], [6]], f }, data);
    const plain = await run('plain', (x, gamma, beta) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const normal = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
      return tf.add(tf.mul(normal, gamma), beta);
    });
    const ours = await run(
      'ours',
      (x, gamma, beta) => normalizeBatch(x, gamma as never, beta as never, 1e-5)[0],
    );
    for (const [k, values] of plain.entries()) {
      for (const [i, value] of values.entries()) expect(ours[k][i]).toBeCloseTo(value, 4);
    }
  });

  test('returns the moments for moving averages, and leaves nothing behind', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor2d([1, 10, 3, 30, 5, 80], [3, 2]);
    const [y, mean, variance] = normalizeBatch(x, tf.ones([2]), tf.zeros([2]), 0);
    expect([...mean.dataSync()]).toEqual([3, 40]);
    const [first, second] = variance.dataSync();
    expect(first).toBeCloseTo(8 / 3, 5);
    expect(second).toBeCloseTo(2600 / 3, 3);
    expect(y.dataSync()[0]).toBeCloseTo(-2 / Math.sqrt(8 / 3), 5);
    tf.dispose([x, y, mean, variance]);
    // gamma and beta, made in the call, are still there.
    expect(tf.memory().numTensors).toBe(before + 2);
  });
});

describe('what else the systems are made of', () => {
  const cases: Case[] = [
    { name: 'relu', shapes: [[5, 7]], f: (x) => tf.relu(x) },
    { name: 'sigmoid', shapes: [[5, 7]], f: (x) => tf.sigmoid(x) },
    { name: 'softmax over pairs', shapes: [[4, 43, 2]], f: (x) => tf.softmax(x) },
    { name: 'log', shapes: [[4, 5]], f: (x) => tf.log(tf.add(tf.square(x), 0.1)) },
    {
      name: 'dense',
      shapes: [[4, 9], [9, 6], [6]],
      f: (x, w, b) => tf.add(tf.matMul(x as never, w as never), b),
    },
    {
      name: 'broadcast product',
      shapes: [
        [2, 4, 4, 1],
        [2, 4, 4, 6],
      ],
      f: (a, x) => tf.mul(a, x),
    },
    {
      name: 'residual sum',
      shapes: [
        [2, 3, 3, 4],
        [2, 3, 3, 4],
      ],
      f: (a, b) => tf.relu(tf.add(a, b)),
    },
    { name: 'global average', shapes: [[2, 4, 5, 6]], f: (x) => tf.mean(x, [1, 2]) },
    { name: 'global average of a clip', shapes: [[2, 3, 4, 5, 6]], f: (x) => tf.mean(x, [1, 2, 3]) },
    {
      name: 'pad',
      shapes: [[2, 4, 5, 3]],
      f: (x) =>
        tf.pad(x, [
          [0, 0],
          [1, 2],
          [3, 1],
          [0, 0],
        ]),
    },
    { name: 'slice', shapes: [[3, 4, 5]], f: (x) => tf.slice(x, [1, 0, 2], [2, 3, 3]) },
    {
      name: 'concat',
      shapes: [
        [2, 3],
        [2, 5],
      ],
      f: (a, b) => tf.concat([a, b], 1),
    },
    { name: 'transpose', shapes: [[2, 3, 4, 5]], f: (x) => tf.square(tf.transpose(x, [0, 2, 1, 3])) },
    { name: 'reshape', shapes: [[2, 3, 4]], f: (x) => tf.square(tf.reshape(x, [6, 4])) },
    {
      name: 'a temporal convolution over a clip',
      shapes: [
        [2, 6, 3, 3, 4],
        [3, 1, 4, 5],
      ],
      f: (x, w) =>
        tf.conv2d(
          tf.reshape(x, [2, 6, 9, 4]) as Tensor4D,
          w as Tensor4D,
          [2, 1],
          [
            [0, 0],
            [1, 1],
            [0, 0],
            [0, 0],
          ],
        ),
    },
  ];
  test.each(cases)('$name', (run) => compare('others', run));
});
