import type { GraphBuilder, Value } from '../../../src/onnx/converter.ts';
import { activate } from './activation.ts';
import { zerosPerSample } from './extents.ts';
import type { Cell } from './recurrent-cell.ts';
import type { Outcome, Run } from './recurrent-node.ts';

/**
 * A cell as a Scan with its step written out, for activations that ONNX's recurrent operators do not have. The input's
 * part of the gates is computed for all steps at once, outside.
 */
export function runAsScan(cell: Cell, x: Value, run: Run, graph: GraphBuilder): Outcome {
  const { units, states, kernel, recurrentKernel, bias } = cell;
  const { initial, mask, reverse, prefix } = run;
  const [batch, steps] = x.shape;
  const product = graph.node('MatMul', [x, graph.weight(`${prefix}kernel`, kernel)], {
    shape: [batch, steps, kernel.shape[1]],
  });
  const gates = bias ? graph.node('Add', [product, graph.weight(`${prefix}bias`, bias)]) : product;
  const begin = initial.length > 0 ? initial : Array(states).fill(zerosPerSample(x, [units], graph));
  const sequences = mask
    ? [gates, graph.node('Unsqueeze', [mask, graph.constant([2])], { shape: [batch, steps, 1] })]
    : [gates];
  const recurrent = graph.weight(`${prefix}recurrent_kernel`, recurrentKernel);
  const { states: last, results } = graph.scan(begin, sequences, { axis: 1, reverse }, (before, items) => {
    const [fromInput, counts] = items;
    const after = cellSteps[cell.operator](cell, fromInput, before, recurrent, graph);
    const kept = counts
      ? after.map((state, i) =>
          graph.node('Where', [counts, state, before[i]], { dtype: 'float32', shape: state.shape }),
        )
      : after;
    return { states: kept, result: kept[0] };
  });
  return { sequence: results, states: last };
}

/** One step: the input's part of the gates and the states before it make the states after it, the output first. */
type CellStep = (
  cell: Cell,
  fromInput: Value,
  states: readonly Value[],
  recurrentKernel: Value,
  graph: GraphBuilder,
) => Value[];

const cellSteps: Readonly<Record<Cell['operator'], CellStep>> = {
  RNN({ activation }, fromInput, [h], recurrentKernel, graph) {
    const fromState = graph.node('MatMul', [h, recurrentKernel], { shape: fromInput.shape });
    return [activate(graph.node('Add', [fromInput, fromState]), activation, graph)];
  },

  GRU({ units, activation, recurrentActivation }, fromInput, [h], recurrentKernel, graph) {
    const shape = h.shape;
    const gate = { shape: [units, units] };
    const split = graph.constant([units, units, units]);
    const x = graph.nodes(
      'Split',
      [fromInput, split],
      { z: { shape }, r: { shape }, h: { shape } },
      { axis: 1 },
    );
    const kernels = graph.nodes(
      'Split',
      [recurrentKernel, split],
      { z: gate, r: gate, h: gate },
      { axis: 1 },
    );
    const gateOf = (fromX: Value, kernel: Value) =>
      activate(
        graph.node('Add', [fromX, graph.node('MatMul', [h, kernel], { shape })]),
        recurrentActivation,
        graph,
      );
    const z = gateOf(x.z, kernels.z);
    const reset = graph.node('Mul', [gateOf(x.r, kernels.r), h]);
    const fromState = graph.node('MatMul', [reset, kernels.h], { shape });
    const candidate = activate(graph.node('Add', [x.h, fromState]), activation, graph);
    const renewed = graph.node('Mul', [
      graph.node('Sub', [graph.constant(Float32Array.of(1), []), z], { shape }),
      candidate,
    ]);
    return [graph.node('Add', [graph.node('Mul', [z, h]), renewed])];
  },

  LSTM(cell, fromInput, [h, c], recurrentKernel, graph) {
    const fromState = graph.node('MatMul', [h, recurrentKernel], { shape: fromInput.shape });
    return lstmStates(cell, graph.node('Add', [fromInput, fromState]), c, graph);
  },
};

/**
 * An LSTM's output and carry from its gates, joined along axis 1 in tfjs's order, and the carry before.
 *
 * @param apply how an activation is applied
 */
export function lstmStates(
  { activation, recurrentActivation }: Pick<Cell, 'activation' | 'recurrentActivation'>,
  gates: Value,
  carry: Value,
  graph: GraphBuilder,
  apply = activate,
): Value[] {
  const part = { shape: carry.shape };
  const size = carry.shape[1]!;
  const { i, f, c, o } = graph.nodes(
    'Split',
    [gates, graph.constant([size, size, size, size])],
    { i: part, f: part, c: part, o: part },
    { axis: 1 },
  );
  const gate = (value: Value) => apply(value, recurrentActivation, graph);
  const kept = graph.node('Mul', [gate(f), carry]);
  const added = graph.node('Mul', [gate(i), apply(c, activation, graph)]);
  const next = graph.node('Add', [kept, added]);
  return [graph.node('Mul', [gate(o), apply(next, activation, graph)]), next];
}
