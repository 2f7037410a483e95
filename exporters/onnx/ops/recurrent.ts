import {
  type Convert,
  defineConverter,
  type GraphBuilder,
  type Layer,
  type Value,
} from '../../../src/core/converter.ts';
import { reverseTime } from './extents.ts';
import { asFloat } from './number-types.ts';
import { activationAttributes, cellsOf } from './recurrent-cell.ts';
import { runAsNode } from './recurrent-node.ts';
import { runAsScan } from './recurrent-scan.ts';

export interface RecurrentConfig {
  returnSequences: boolean;
  returnState: boolean;
  goBackwards: boolean;
  stateful: boolean;
}

/** What a recurrent layer computes: the output of every step in order of time, where asked for, and the last states. */
export interface Recurrence {
  readonly sequence: Value | undefined;
  readonly states: readonly Value[];
}

/**
 * A recurrent layer of tfjs over [N, T, F], its initial states after it, as the layer's call has them. Stacked cells
 * run one after the other over the whole sequence, which is the same.
 */
export function recurrence(layer: Layer, inputs: readonly Value[], graph: GraphBuilder): Recurrence {
  const { returnSequences, goBackwards, stateful } = layer.getConfig() as unknown as RecurrentConfig;
  if (stateful) throw graph.unsupported('stateful: true, since a graph keeps nothing between its runs');
  const [input, ...initial] = inputs;
  const cells = cellsOf(layer, graph);
  let x = graph.tfjsOrder(asFloat(input, graph));
  // tfjs lists a stack's states from the last cell to the first.
  let taken = initial.length;
  const states: Value[] = [];
  cells.forEach((cell, i) => {
    const own = initial.slice(taken - (initial.length > 0 ? cell.states : 0), taken);
    taken -= own.length;
    const isLast = i === cells.length - 1;
    const run = {
      ...{ initial: own, mask: graph.mask, reverse: goBackwards },
      sequence: returnSequences || !isLast,
      prefix: cells.length > 1 ? `cell${i}.` : '',
    };
    const activations = activationAttributes(cell);
    const outcome = activations
      ? runAsNode(cell, x, run, activations, graph)
      : runAsScan(cell, x, run, graph);
    states.unshift(...outcome.states);
    x = outcome.sequence ?? x;
  });
  return { sequence: returnSequences ? x : undefined, states };
}

const convert: Convert = (layer, inputs, graph) => {
  const { returnState, goBackwards } = layer.getConfig() as unknown as RecurrentConfig;
  const { sequence, states } = recurrence(layer, inputs, graph);
  // tfjs gives the steps in the order in which it took them.
  const output = sequence && goBackwards ? reverseTime(sequence, graph) : (sequence ?? states[0]);
  return returnState ? [output, ...states] : output;
};

export const simpleRnn = defineConverter('SimpleRNN', convert);
export const gru = defineConverter('GRU', convert);
export const lstm = defineConverter('LSTM', convert);
export const rnn = defineConverter('RNN', convert);
