import { defineConverter, type GraphBuilder, type Layer, type Value } from '../../../src/onnx/converter.ts';
import { convLstm2dRecurrence } from './conv-lstm2d.ts';
import { reverseTime } from './extents.ts';
import { type Recurrence, type RecurrentConfig, recurrence } from './recurrent.ts';

type Merge = (forward: Value, backward: Value, graph: GraphBuilder) => Value;

/** How the two outputs become one, by tfjs's `mergeMode`. */
const merges: Readonly<Record<string, Merge>> = {
  concat: (forward, backward, graph) =>
    graph.node('Concat', [forward, backward], {
      attributes: { axis: forward.shape.length - 1 },
      shape: graph.outputShapes[0],
    }),
  sum: (forward, backward, graph) => graph.node('Add', [forward, backward]),
  mul: (forward, backward, graph) => graph.node('Mul', [forward, backward]),
  ave: (forward, backward, graph) =>
    graph.node('Mul', [graph.node('Add', [forward, backward]), graph.constant(Float32Array.of(0.5), [])]),
};

/** A recurrent layer over a sequence and another of its kind over its reverse, whose steps are put in order of time. */
export const bidirectional = defineConverter('Bidirectional', (wrapper, [x, ...initial], graph) => {
  const { forwardLayer, backwardLayer } = wrapper as Layer & { forwardLayer: Layer; backwardLayer: Layer };
  const { mergeMode } = wrapper.getConfig() as { mergeMode: string | null };
  const half = initial.length / 2;
  const forward = output(forwardLayer, [x, ...initial.slice(0, half)], false, graph);
  const backward = output(backwardLayer, [x, ...initial.slice(half)], true, graph);
  const merged = mergeMode
    ? [merges[mergeMode](forward.output, backward.output, graph)]
    : [forward.output, backward.output];
  const { returnState } = forwardLayer.getConfig() as unknown as RecurrentConfig;
  return returnState ? [...merged, ...forward.states, ...backward.states] : merged;
});

/** What one of the two layers returns; that of the backward layer is turned round. */
function output(
  layer: Layer,
  inputs: readonly Value[],
  turned: boolean,
  graph: GraphBuilder,
): { output: Value; states: Recurrence['states'] } {
  const { goBackwards } = layer.getConfig() as unknown as RecurrentConfig;
  const run = layer.getClassName() === 'ConvLSTM2D' ? convLstm2dRecurrence : recurrence;
  const { sequence, states } = run(layer, inputs, graph.inner(layer, graph.outputShapes));
  if (!sequence) return { output: states[0], states };
  return { output: goBackwards === turned ? sequence : reverseTime(sequence, graph), states };
}
