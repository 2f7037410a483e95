import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { normalizeBatch } from '../layers/batch-norm-op.ts';
import { tf } from '../tf.ts';

/** Relative error that a backend's loss and gradients may show; float32 stays below a tenth of it. */
const tolerance = 1e-3;

/** The weights of a network that uses every operation of the systems once, with all it takes to go wrong. */
const shapes = {
  stem: [7, 7, 3, 4],
  gamma: [4],
  beta: [4],
  down: [3, 3, 4, 8],
  shortcut: [1, 1, 4, 8],
  spatial: [3, 3, 8, 8],
  temporal: [3, 1, 8, 8],
  attention: [3, 3, 8, 1],
  head: [8, 6],
  bias: [6],
} as const;

type Name = keyof typeof shapes;

/** The loss and each gradient's inner product with `wave(shape, 9)`: PyTorch, float64 (test/golden/gradient-check.py). */
const expected: { readonly loss: number; readonly gradients: Readonly<Record<Name, number>> } = {
  loss: 8.41582058,
  gradients: {
    stem: -0.358982942,
    gamma: 7.23785561,
    beta: 5.11434494,
    down: 3.49076297,
    shortcut: 2.01627016,
    spatial: -17.5946829,
    temporal: -5.9318016,
    attention: 12.1041021,
    head: 8.91953628,
    bias: 1.52042718,
  },
};

/** A fixed, structureless tensor: element i is sin(1.37·i + phase + i²/97). */
function wave(shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(1.37 * i + phase + (i * i) / 97));
  return tf.tensor(values, [...shape]);
}

function loss(weights: Record<Name, Tensor>): Tensor {
  const kernel = (name: Name) => weights[name] as Tensor4D;
  const around = (rows: number, columns: number): [[0, 0], [number, number], [number, number], [0, 0]] => [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
  const frames = wave([2, 16, 16, 3], 1) as Tensor4D;
  const stem = tf.conv2d(frames, kernel('stem'), 2, around(3, 3));
  const [normal] = normalizeBatch(stem, weights.gamma as Tensor1D, weights.beta as Tensor1D, 1e-5);
  // Lowered, so that windows without a positive value matter.
  const low = tf.pad(tf.sub(normal, 1), around(1, 1)) as Tensor4D;
  const pooled = tf.maxPool(low, 3, 2, 'valid');
  const down = tf.conv2d(pooled, kernel('down'), 2, around(1, 1));
  const joined = tf.relu(tf.add(down, tf.conv2d(pooled, kernel('shortcut'), 2, 'valid')));
  const spatial = tf.conv2d(joined as Tensor4D, kernel('spatial'), 1, 'same');
  const clip = tf.reshape(spatial, [1, 2, 4, 8]) as Tensor4D;
  const temporal = tf.reshape(tf.conv2d(clip, kernel('temporal'), 1, around(1, 0)), [2, 2, 2, 8]);
  const attention = tf.sigmoid(tf.conv2d(temporal as Tensor4D, kernel('attention'), 1, 'same'));
  const feature = tf.mean(tf.mul(temporal, attention), [1, 2]) as Tensor2D;
  const logits = tf.add(tf.matMul(feature, weights.head as Tensor2D), weights.bias);
  const present = tf.slice(tf.softmax(tf.reshape(logits, [2, 3, 2])), [0, 0, 0], [2, 3, 1]);
  return tf.neg(tf.sum(tf.log(present)));
}

/** Whether the active backend differentiates correctly: null, or what is wrong, for people to read. */
export function checkGradients(): string | null {
  tf.engine().startScope();
  try {
    return firstFault();
  } finally {
    tf.engine().endScope();
  }
}

function firstFault(): string | null {
  const names = Object.keys(shapes) as Name[];
  const weights = names.map((name, i) => tf.mul(wave(shapes[name], i), 0.8));
  const named = (tensors: Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Record<Name, Tensor>;
  const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) => loss(named(tensors)))(weights);
  const wrong = (received: number, wanted: number) =>
    !(Math.abs(received - wanted) <= tolerance * Math.abs(wanted));
  const received = value.dataSync()[0];
  if (wrong(received, expected.loss)) return `the loss is ${received}, not ${expected.loss}`;
  for (const [i, name] of names.entries()) {
    const product = tf.sum(tf.mul(grads[i], wave(shapes[name], 9))).dataSync()[0];
    const wanted = expected.gradients[name];
    if (wrong(product, wanted)) return `the gradient of ${name} gives ${product}, not ${wanted}`;
  }
  return null;
}
