import type { GraphBuilder, Value } from '../../../src/onnx/converter.ts';
import { extentsOf, joinExtents, reverseTime } from './extents.ts';
import { type Cell, onnxBias, onnxKernel } from './recurrent-cell.ts';

/** How a cell runs over a sequence. */
export interface Run {
  /** Before the first step; none: zeros. */
  readonly initial: readonly Value[];
  /** Steps that count, bool [N, T]: others leave the states as they are, and repeat the output before them. */
  readonly mask: Value | undefined;
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** Whether the output of every step is wanted. */
  readonly sequence: boolean;
  /** Of the weights, before their own names. */
  readonly prefix: string;
}

/** What a run gives: the output of every step [N, T, units] in order of time, and the last states. */
export interface Outcome {
  readonly sequence: Value | undefined;
  readonly states: readonly Value[];
}

type ActivationAttributes = Record<string, { strings: string[] } | { floats: number[] }>;

/** A cell as ONNX's own operator. */
export function runAsNode(
  cell: Cell,
  x: Value,
  run: Run,
  activations: ActivationAttributes,
  graph: GraphBuilder,
): Outcome {
  if (run.mask) return runMasked(cell, x, { ...run, mask: run.mask }, activations, graph);
  return recurrentNode(cell, x, null, run, activations, graph);
}

/** X [N, T, F] through RNN, GRU or LSTM, which want time before the batch, and states with an axis of directions. */
function recurrentNode(
  cell: Cell,
  x: Value,
  lengths: Value | null,
  { initial, reverse, sequence, prefix }: Run,
  activations: ActivationAttributes,
  graph: GraphBuilder,
): Outcome {
  const { operator, units, states, kernel, recurrentKernel, bias } = cell;
  const [batch, steps, features] = x.shape;
  const timeFirst = graph.node('Transpose', [x], {
    attributes: { perm: [1, 0, 2] },
    shape: [steps, batch, features],
  });
  const stateShape = [1, batch, units];
  const inputs = [
    timeFirst,
    graph.weight(`${prefix}kernel`, onnxKernel(kernel, cell)),
    graph.weight(`${prefix}recurrent_kernel`, onnxKernel(recurrentKernel, cell)),
    bias ? graph.weight(`${prefix}bias`, onnxBias(bias, cell)) : null,
    lengths,
    ...initial.map((state) => graph.node('Unsqueeze', [state, graph.constant([0])], { shape: stateShape })),
  ];
  while (inputs.at(-1) === null) inputs.pop();
  const { Y, Y_h, Y_c } = graph.nodes(
    operator,
    inputs,
    {
      Y: sequence ? { shape: [steps, 1, batch, units] } : null,
      Y_h: { shape: stateShape },
      Y_c: states === 2 ? { shape: stateShape } : null,
    },
    { ...activations, hidden_size: units, ...(reverse && { direction: 'reverse' }) },
  );
  const withoutDirection = (value: Value, axis: number) =>
    graph.node('Squeeze', [value, graph.constant([axis])], { shape: value.shape.toSpliced(axis, 1) });
  return {
    sequence:
      Y &&
      graph.node('Transpose', [withoutDirection(Y, 1)], {
        attributes: { perm: [1, 0, 2] },
        shape: [batch, steps, units],
      }),
    states: [Y_h, Y_c].filter((value) => value !== undefined).map((value) => withoutDirection(value, 0)),
  };
}

/**
 * The steps that count are moved to the front, in order, and run as sequences of their own lengths; then every step
 * takes the output of the last one that counts up to it. So any mask is exact, padded in front, behind or between.
 */
function runMasked(
  cell: Cell,
  given: Value,
  run: Run & { mask: Value },
  activations: ActivationAttributes,
  graph: GraphBuilder,
): Outcome {
  const { reverse, initial } = run;
  const inOrder = (value: Value) => (reverse ? reverseTime(value, graph) : value);
  const x = inOrder(given);
  const [batch, steps] = x.shape;
  const counts = inOrder(
    graph.node('Cast', [run.mask], { attributes: { to: 7 }, dtype: 'int64', shape: [batch, steps] }),
  );
  // Among equals, TopK takes the first first: the steps that count in order of time, then the others.
  const { indices } = graph.nodes(
    'TopK',
    [counts, joinExtents([extentsOf(counts, 1, 2, graph)], graph)],
    { values: { shape: [batch, steps] }, indices: { shape: [batch, steps], dtype: 'int64' } },
    { axis: 1 },
  );
  const total = graph.node('ReduceSum', [counts, graph.constant([1])], {
    attributes: { keepdims: 0 },
    shape: [batch],
  });
  const lengths = graph.node('Cast', [total], { attributes: { to: 6 }, dtype: 'int32' });
  const packed = gatherSteps(x, indices, graph);
  const outcome = recurrentNode(cell, packed, lengths, { ...run, reverse: false }, activations, graph);

  // A sequence without a step that counts comes back as zeros, whatever it began with.
  const isEmpty = () =>
    graph.node('Unsqueeze', [
      graph.node('Equal', [total, graph.constant([0], [])], { dtype: 'bool' }),
      graph.constant([1]),
    ]);
  const states = outcome.states.map((state, i) =>
    initial.length > 0
      ? graph.node('Where', [isEmpty(), initial[i], state], { dtype: 'float32', shape: state.shape })
      : state,
  );
  if (!outcome.sequence) return { sequence: undefined, states };
  const soFar = graph.node('CumSum', [counts, graph.constant([1], [])]);
  const sequence = gatherSteps(withFirst(outcome.sequence, initial[0], graph), soFar, graph);
  return { sequence: inOrder({ ...sequence, shape: outcome.sequence.shape }), states };
}

/** The steps of [N, T, F] at each sample's own places [N, S]: [N, S, F]. */
function gatherSteps(x: Value, places: Value, graph: GraphBuilder): Value {
  const [batch, count] = places.shape;
  const indices = graph.node('Unsqueeze', [places, graph.constant([2])], { shape: [batch, count, 1] });
  return graph.node('GatherND', [x, indices], {
    attributes: { batch_dims: 1 },
    shape: [batch, count, x.shape[2]],
  });
}

/** A sequence with one more step in front: the state it began with, or zeros. */
function withFirst(sequence: Value, initial: Value | undefined, graph: GraphBuilder): Value {
  const [batch, steps, units] = sequence.shape;
  const shape = [batch, steps === null ? null : steps + 1, units];
  if (!initial) return graph.node('Pad', [sequence, graph.constant([0, 1, 0, 0, 0, 0])], { shape });
  const first = graph.node('Unsqueeze', [initial, graph.constant([1])], { shape: [batch, 1, units] });
  return graph.node('Concat', [first, sequence], { attributes: { axis: 1 }, shape });
}
