import type { Value } from '../../../src/onnx/converter.ts';
import { broadcastShape, type ConvertOp, defineGraphConverter, type GraphOp } from '../op.ts';
import { fusedTail } from './fused.ts';

/** a · b for matrices, with a bias where there is one: Gemm. */
const matMul: ConvertOp = ([a, b, ...extras], op) => {
  op.requireRank(a, 2);
  op.requireRank(b, 2);
  const transA = op.attributes.flag('transpose_a');
  const transB = op.attributes.flag('transpose_b');
  const [rows, inner] = transA ? [a.shape[1], a.shape[0]] : a.shape;
  const [innerB, columns] = transB ? [b.shape[1], b.shape[0]] : b.shape;
  requireEqual(inner, innerB, op);
  const { bias, apply } = fusedTail(extras, op);
  if (a.dtype !== 'float32') {
    // Runtimes have Gemm for numbers with fractions alone.
    const sides = [matrices(a, transA, op), matrices(b, transB, op)];
    const product = op.node('MatMul', sides, { shape: [rows, columns], layout: 'tfjs' });
    return apply(bias ? op.node('Add', [product, bias]) : product);
  }
  const y = op.node('Gemm', [a, b, ...(bias ? [bias] : [])], {
    attributes: { ...(transA && { transA: 1 }), ...(transB && { transB: 1 }) },
    shape: [rows, columns],
    layout: 'tfjs',
  });
  return apply(y);
};

/** Products of matrices that the last two axes hold, the others broadcast. */
const batchMatMul: ConvertOp = ([a, b], op) => {
  const left = matrices(a, op.attributes.flag('adj_x'), op);
  const right = matrices(b, op.attributes.flag('adj_y'), op);
  const [rows, inner] = left.shape.slice(-2);
  const [innerB, columns] = right.shape.slice(-2);
  requireEqual(inner, innerB, op);
  const batch = broadcastShape([left.shape.slice(0, -2), right.shape.slice(0, -2)], op);
  return op.node('MatMul', [left, right], { shape: [...batch, rows, columns] });
};

function matrices(x: Value, isTransposed: boolean, op: GraphOp): Value {
  const rank = x.shape.length;
  if (rank < 2) throw op.unsupported(`a tensor of rank ${rank}`);
  if (!isTransposed) return op.tfjsOrder(x);
  const axes = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return op.arranged(x, [...axes, rank - 1, rank - 2]);
}

function requireEqual(inner: number | null, other: number | null, op: GraphOp): void {
  if (inner !== null && other !== null && inner !== other) {
    throw op.unsupported(`matrices with ${inner} columns on one side and ${other} rows on the other`);
  }
}

/** tfjs, too, takes the equation as it stands. */
const einsum: ConvertOp = (inputs, op) => {
  const equation = op.attributes.text('equation').replaceAll(' ', '');
  const [terms, result, ...more] = equation.split('->');
  const subscripts = terms.split(',');
  const fits = inputs.every(({ shape }, i) => subscripts[i]?.length === shape.length);
  if (
    !/^[A-Za-z,]*->[A-Za-z]*$/.test(equation) ||
    more.length > 0 ||
    subscripts.length !== inputs.length ||
    !fits
  ) {
    throw op.unsupported(`the equation ${JSON.stringify(equation)}`);
  }
  const extents = new Map<string, number | null>();
  inputs.forEach(({ shape }, i) => {
    shape.forEach((extent, axis) => {
      const letter = subscripts[i][axis];
      extents.set(letter, extents.get(letter) ?? extent);
    });
  });
  if (![...result].every((letter) => extents.has(letter))) {
    throw op.unsupported(`the equation ${JSON.stringify(equation)}`);
  }
  return op.node(
    'Einsum',
    inputs.map((input) => op.tfjsOrder(input)),
    {
      attributes: { equation },
      shape: [...result].map((letter) => extents.get(letter)!),
      layout: 'tfjs',
    },
  );
};

export const products = [
  ...['MatMul', '_FusedMatMul'].map((operator) => defineGraphConverter(operator, 2, matMul)),
  ...['BatchMatMul', 'BatchMatMulV2'].map((operator) => defineGraphConverter(operator, 2, batchMatMul)),
  defineGraphConverter('Einsum', 1, einsum),
];
