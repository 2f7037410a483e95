import { z } from 'zod';
import { defineKind } from '../../src/core/kind.ts';
import { Rng } from '../../src/core/rng.ts';
import type { NodeWriter } from '../../src/onnx/node-writer.ts';
import { type Classifier, type Columns, rowOf } from './classifier.ts';
import type { Combiner } from './combiner.ts';
import { dot, linearScoresInOnnx, sigmoid } from './linear-scores.ts';
import { plattCalibration } from './platt.ts';
import { type Kernel, separate } from './smo.ts';
import { stackOf } from './stack.ts';

/** What it learnt. */
export const svmModel = z.strictObject({
  kind: z.enum(['labels', 'classes']),
  /** Samples that machines compare with, and how near is near; null for linear ones, whose weights are of columns. */
  support: z
    .strictObject({ gamma: z.number().positive(), rows: z.array(z.array(z.number())).min(1) })
    .nullable(),
  machines: z.array(
    z.strictObject({
      /** One a support row, or a column. */
      weights: z.array(z.number()),
      offset: z.number(),
      /** Of values to probabilities: see platt.ts. */
      calibration: z.strictObject({ slope: z.number(), offset: z.number() }),
    }),
  ),
});
type Model = z.infer<typeof svmModel>;

interface Settings {
  readonly kernel: 'linear' | 'rbf';
  readonly cost: number;
  readonly gamma: number | 'scale';
}

/** Parts of the samples that values for calibration are made on, each by machines that learnt from the others. */
const folds = 5;

/**
 * Support vector machines, one a label, as scikit-learn's SVC; their values become probabilities by Platt's scaling on
 * five folds. Of classes each is told apart from the rest, and the probabilities are divided by their sum, where SVC asks
 * every two of them.
 */
export const svm = defineKind({
  kind: 'svm',
  title: 'stacking: support vector machines of standardised outputs, probabilities by Platt scaling',
  options: () =>
    z.strictObject({
      kernel: z.enum(['linear', 'rbf']).default('rbf'),
      /** The most that a sample may count: SVC's C. */
      cost: z.number().positive().default(1),
      /** Of the RBF kernel, exp(−gamma · distance²); scale: one over columns times their variance. */
      gamma: z.union([z.number().positive(), z.literal('scale')]).default('scale'),
    }),
  make: (settings): Combiner => stackOf('support vector machines', classifier(settings)),
});

function classifier(settings: Settings): Classifier<Model> {
  return {
    model: svmModel,
    columns: 'standardized',
    least: 2,
    fit(columns, { columns: truths, kind }, seed) {
      const gamma = settings.kernel === 'linear' ? null : gammaOf(columns, settings.gamma);
      const kernel = kernelOf(columns, gamma);
      const all = Array.from({ length: columns.rows }, (_, row) => row);
      const order = new Rng(`svm/${seed}`).shuffle(all);
      const machines = truths.map((truth) => {
        const { factors, offset } = separate(kernel, truth, all, settings.cost);
        const values = heldOutValues(kernel, truth, order, settings.cost);
        return { factors, offset, calibration: plattCalibration(values, truth) };
      });
      const used = all.filter((row) => machines.some(({ factors }) => factors[row] !== 0));
      return {
        kind,
        support: gamma === null ? null : { gamma, rows: used.map((row) => [...rowOf(columns, row)]) },
        machines: machines.map(({ factors, offset, calibration }) => ({
          weights: gamma === null ? weightsOf(columns, factors) : used.map((row) => factors[row]),
          offset,
          calibration,
        })),
      };
    },
    probabilities(columns, learnt) {
      const { machines, kind } = learnt;
      const values = machineValues(columns, learnt);
      const probabilities = values.map((value, i) => {
        const { slope, offset } = machines[i % machines.length].calibration;
        return sigmoid(-(slope * value + offset));
      });
      if (kind === 'labels') return probabilities;
      return probabilities.map((probability, i) => {
        const first = i - (i % machines.length);
        return (
          probability /
          probabilities.subarray(first, first + machines.length).reduce((sum, own) => sum + own, 0)
        );
      });
    },
    toOnnx: write,
  };
}

/**
 * What the machines say before it becomes probabilities.
 *
 * @returns rows × machines, row-major; above 0 for what is there
 */
export function machineValues(columns: Columns, { support, machines }: Model): Float64Array {
  const values = new Float64Array(columns.rows * machines.length);
  for (let row = 0; row < columns.rows; row++) {
    const own = rowOf(columns, row);
    const features = support ? support.rows.map((other) => nearness(own, other, support.gamma)) : own;
    machines.forEach(({ weights, offset }, k) => {
      values[row * machines.length + k] = dot(weights, features, offset);
    });
  }
  return values;
}

/** exp(−gamma · distance²) */
function nearness(left: ArrayLike<number>, right: ArrayLike<number>, gamma: number): number {
  let square = 0;
  for (let i = 0; i < left.length; i++) square += (left[i] - right[i]) ** 2;
  return Math.exp(-gamma * square);
}

function gammaOf({ data, width }: Columns, gamma: Settings['gamma']): number {
  if (gamma !== 'scale') return gamma;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return variance === 0 ? 1 : 1 / (width * variance);
}

function kernelOf(columns: Columns, gamma: number | null): Kernel {
  const { rows } = columns;
  const values = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const left = rowOf(columns, i);
    for (let j = 0; j <= i; j++) {
      const right = rowOf(columns, j);
      const value =
        gamma === null ? left.reduce((sum, own, k) => sum + own * right[k], 0) : nearness(left, right, gamma);
      values[i * rows + j] = value;
      values[j * rows + i] = value;
    }
  }
  return { rows, values };
}

function weightsOf(columns: Columns, factors: Float64Array): number[] {
  const weights: number[] = Array(columns.width).fill(0);
  factors.forEach((factor, row) => {
    if (factor === 0) return;
    rowOf(columns, row).forEach((value, i) => {
      weights[i] += factor * value;
    });
  });
  return weights;
}

/** What machines that did not learn from a sample say of it. Where a fold leaves one answer only, they say ±1 of all. */
function heldOutValues(
  kernel: Kernel,
  truth: Uint8Array,
  order: readonly number[],
  cost: number,
): Float64Array {
  const values = new Float64Array(truth.length);
  for (let fold = 0; fold < folds; fold++) {
    const [held, learnt] = [true, false].map((isHeld) =>
      order.filter((_, i) => (i % folds === fold) === isHeld),
    );
    const present = learnt.filter((row) => truth[row] === 1).length;
    if (present === 0 || present === learnt.length) {
      for (const row of held) values[row] = present === 0 ? -1 : 1;
      continue;
    }
    const answers = learnt.map((row) => truth[row]);
    const { factors, offset } = separate(kernel, answers, learnt, cost);
    for (const row of held) {
      let sum = offset;
      for (let i = 0; i < learnt.length; i++)
        sum += factors[i] * kernel.values[row * kernel.rows + learnt[i]];
      values[row] = sum;
    }
  }
  return values;
}

function write(graph: NodeWriter, columns: string, { kind, support, machines }: Model): string {
  const features = support ? nearnessInOnnx(graph, columns, support) : columns;
  const values = linearScoresInOnnx(graph, features, {
    weights: machines.map(({ weights }) => weights),
    offsets: machines.map(({ offset }) => offset),
  });
  const slopes = machines.map(({ calibration }) => -calibration.slope);
  const offsets = machines.map(({ calibration }) => -calibration.offset);
  const scaled = graph.add('Mul', 'combine.scaled', [
    values,
    graph.doubles('combine.slopes', [slopes.length], slopes),
  ]);
  const calibrated = graph.add('Add', 'combine.calibrated', [
    scaled,
    graph.doubles('combine.shift', [offsets.length], offsets),
  ]);
  const probabilities = graph.add('Sigmoid', 'combine.probabilities', [calibrated]);
  if (kind === 'labels') return probabilities;
  const sum = graph.add('ReduceSum', 'combine.all', [probabilities, graph.integers([1])], { keepdims: 1 });
  return graph.add('Div', 'combine.shares', [probabilities, sum]);
}

/** @returns the value of the kernel with every support row, float64 [N, rows] */
function nearnessInOnnx(
  graph: NodeWriter,
  columns: string,
  { gamma, rows }: NonNullable<Model['support']>,
): string {
  const [count, width] = [rows.length, rows[0].length];
  const square = graph.add('Mul', 'combine.square', [columns, columns]);
  const own = graph.add('ReduceSum', 'combine.length', [square, graph.integers([1])], { keepdims: 1 });
  const turned = Array.from({ length: width * count }, (_, i) => -2 * rows[i % count][Math.floor(i / count)]);
  const support = graph.doubles('combine.support', [width, count], turned);
  const products = graph.add('MatMul', 'combine.products', [columns, support]);
  const lengths = graph.doubles(
    'combine.lengths',
    [count],
    rows.map((row) => dot(row, row)),
  );
  const partial = graph.add('Add', 'combine.partial', [products, lengths]);
  const distances = graph.add('Add', 'combine.distances', [partial, own]);
  const powers = graph.add('Mul', 'combine.powers', [
    distances,
    graph.doubles('combine.gamma', [1], [-gamma]),
  ]);
  return graph.add('Exp', 'combine.nearness', [powers]);
}
