import { findLayerWeight, layerWeight, transposeWeights } from '../../../src/core/weights.ts';
import { defineConverter, type GraphBuilder, type Layer, type Value } from '../../../src/onnx/converter.ts';
import { activate, activateChannels } from './activation.ts';
import { reverseTime, samplesAsSteps, stepsAsSamples, zerosPerSample } from './extents.ts';
import type { Recurrence, RecurrentConfig } from './recurrent.ts';
import { lstmStates } from './recurrent-scan.ts';
import { type DataFormat, type Padding, windowAttributes } from './window.ts';

interface ConvLstmConfig extends RecurrentConfig {
  filters: number;
  kernelSize: number[];
  strides: number[];
  dilationRate: number[];
  padding: Padding;
  dataFormat: DataFormat;
  activation: string;
  recurrentActivation: string;
}

/**
 * An LSTM of feature maps. ONNX has no such operator: the input's convolution runs for all steps at once, and a Scan
 * carries the states through the recurrent convolution.
 */
export function convLstm2dRecurrence(
  layer: Layer,
  inputs: readonly Value[],
  graph: GraphBuilder,
): Recurrence {
  const config = layer.getConfig() as unknown as ConvLstmConfig;
  const { filters, kernelSize, strides, padding, dataFormat, goBackwards, stateful } = config;
  if (stateful) throw graph.unsupported('stateful: true, since a graph keeps nothing between its runs');
  if (graph.mask) throw graph.unsupported('a mask, which tfjs itself cannot apply here');
  // Between tfjs's order and channels after the steps, where the layer's own format is another.
  const reorder = (value: Value, perm: number[]) =>
    dataFormat === 'channelsFirst' ? value : transposed(value, perm, graph);

  const x = reorder(graph.tfjsOrder(inputs[0]), [0, 1, 4, 2, 3]);
  const extents = x.shape.slice(3);
  const hidden = hiddenExtents(config, extents, graph);
  const oihw = (name: string) => transposeWeights(layerWeight(layer, name), [3, 2, 0, 1]);
  const bias = findLayerWeight(layer, 'bias');
  const window = { kernel: kernelSize, strides, dilations: config.dilationRate, padding };
  const convolved = graph.node(
    'Conv',
    [
      stepsAsSamples(x, graph),
      graph.weight('kernel', oihw('kernel')),
      ...(bias ? [graph.weight('bias', bias)] : []),
    ],
    { attributes: windowAttributes(window, extents), shape: [null, 4 * filters, ...hidden] },
  );
  const gates = samplesAsSteps(convolved, x, graph);
  const initial =
    inputs.length > 1
      ? inputs.slice(1).map((state) => reorder(graph.tfjsOrder(state), [0, 3, 1, 2]))
      : Array(2).fill(zerosPerSample(x, [filters, ...hidden], graph));
  const recurrentKernel = graph.weight('recurrent_kernel', oihw('recurrent_kernel'));
  const attributes = windowAttributes({ kernel: kernelSize, strides: [1, 1], padding: 'same' }, hidden);
  const apply = dataFormat === 'channelsFirst' ? activate : activateChannels;
  const { states, results } = graph.scan(
    initial,
    [gates],
    { axis: 1, reverse: goBackwards },
    ([h, c], [fromInput]) => {
      const fromState = graph.node('Conv', [h, recurrentKernel], { attributes, shape: fromInput.shape });
      const next = lstmStates(config, graph.node('Add', [fromInput, fromState]), c, graph, apply);
      return { states: next, result: next[0] };
    },
  );
  return {
    sequence: config.returnSequences ? reorder(results, [0, 1, 3, 4, 2]) : undefined,
    states: states.map((state) => reorder(state, [0, 2, 3, 1])),
  };
}

function transposed(value: Value, perm: number[], graph: GraphBuilder): Value {
  return graph.node('Transpose', [value], {
    attributes: { perm },
    shape: perm.map((axis) => value.shape[axis]),
  });
}

/** Height and width of the states: they must be known, since they begin as zeros. */
function hiddenExtents(
  { kernelSize, strides, dilationRate, padding }: ConvLstmConfig,
  extents: readonly (number | null)[],
  graph: GraphBuilder,
): number[] {
  return extents.map((extent, axis) => {
    if (extent === null) throw graph.unsupported('frames of unknown extents');
    const reach = padding === 'same' ? 1 : (kernelSize[axis] - 1) * dilationRate[axis] + 1;
    return Math.floor((extent - reach) / strides[axis]) + 1;
  });
}

export const convLstm2d = defineConverter('ConvLSTM2D', (layer, inputs, graph) => {
  const { returnState, goBackwards } = layer.getConfig() as unknown as ConvLstmConfig;
  const { sequence, states } = convLstm2dRecurrence(layer, inputs, graph);
  const output = sequence && goBackwards ? reverseTime(sequence, graph) : (sequence ?? states[0]);
  return returnState ? [output, ...states] : output;
});
