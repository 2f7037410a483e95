import { knownSize, type NodeCall, type Shape, unknown } from './node-call.ts';

type Count = (call: NodeCall, output: Shape) => number;

/** Every output element is a sum over a filter's taps: kernel [outputs, inputs / groups, …taps]. */
const convolution =
  (kernel: number): Count =>
  (call, output) => {
    const [, ...taps] = call.shape(kernel);
    return knownSize(output) * knownSize(taps);
  };

/** Every input element goes into a filter's taps: kernel [inputs, outputs / groups, …taps]. */
const transposedConvolution: Count = (call) => knownSize(call.shape(0)) * knownSize(call.shape(1).slice(1));

/** Every output element is a sum along the last axis of the first input. */
const product =
  (sumAxis = -1): Count =>
  (call, output) =>
    knownSize(output) * (call.shape(0).at(sumAxis) ?? unknown());

/** Kernels [directions, gates · H, I] and [directions, gates · H, H] at every step of [T, N, I]. */
const recurrent: Count = (call) => {
  const steps = knownSize(call.shape(0).slice(0, 2));
  return steps * (knownSize(call.shape(1)) + knownSize(call.shape(2)));
};

const einsum: Count = (call) => {
  const extents = new Map<string, number>();
  const [terms] = call.text('equation', '').replace(/\s/g, '').split('->');
  terms.split(',').forEach((term, input) => {
    if (term.includes('.')) unknown();
    [...term].forEach((letter, axis) => {
      extents.set(letter, call.shape(input)[axis] ?? unknown());
    });
  });
  return terms.includes(',') ? knownSize([...extents.values()]) : 0;
};

const counts: Readonly<Record<string, Count>> = {
  Conv: convolution(1),
  'com.microsoft:FusedConv': convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  ConvTranspose: transposedConvolution,
  Gemm: (call, output) => product(call.integer('transA', 0) ? 0 : 1)(call, output),
  MatMul: product(),
  MatMulInteger: product(),
  QLinearMatMul: product(),
  Einsum: einsum,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};

/**
 * The multiply-adds of one node: those of sums of products, which convolutions, matrix products and recurrent layers
 * are. What goes over elements one by one (activations, normalisation, pooling) counts as nothing, as is usual.
 *
 * @throws unknownShape
 */
export function multiplyAdds(call: NodeCall, output: Shape | null): number {
  const count = counts[call.operator];
  return count ? count(call, output ?? unknown()) : 0;
}
