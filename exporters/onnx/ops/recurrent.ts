import {
  type Convert,
  defineConverter,
  type GraphBuilder,
  type Layer,
  type Value,
} from '../../../src/onnx/converter.ts';
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
  const mask = graph.mask && fitted(graph.mask, x, goBackwards, graph);
  // tfjs lists a stack's states from the last cell to the first.
  let taken = initial.length;
  const states: Value[] = [];
  cells.forEach((cell, i) => {
    const own = initial.slice(taken - (initial.length > 0 ? cell.states : 0), taken);
    taken -= own.length;
    const isLast = i === cells.length - 1;
    const run = {
      ...{ initial: own, mask, reverse: goBackwards },
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

/** tfjs may hand over the mask of another sequence: of a longer one, the steps that it comes to first. */
function fitted(mask: Value, { shape: [, steps] }: Value, goBackwards: boolean, graph: GraphBuilder): Value {
  const [batch, length] = mask.shape;
  if (steps === null || steps === length) return mask;
  if (length !== null && length < steps) {
    throw graph.unsupported(`a mask of ${length} steps over ${steps}, which tfjs cannot apply`);
  }
  const [start, end] = goBackwards ? [-steps, 2 ** 31 - 1] : [0, steps];
  const limits = [start, end, 1].map((value) => graph.constant([value]));
  return graph.node('Slice', [mask, ...limits], { shape: [batch, steps] });
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
