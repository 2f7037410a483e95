import { defineConverter, type Layer } from '../../../src/onnx/converter.ts';
import { samplesAsSteps, stepsAsSamples } from './extents.ts';

/** A layer applied to every step alike: to all at once, as samples. */
export const timeDistributed = defineConverter('TimeDistributed', (wrapper, [input], graph) => {
  const { layer } = wrapper as Layer & { layer: Layer };
  const x = graph.tfjsOrder(input);
  const [, , ...rest] = graph.outputShapes[0];
  const [y] = graph.apply(layer, [stepsAsSamples(x, graph)], [[null, ...rest]]);
  return samplesAsSteps(graph.tfjsOrder(y), x, graph);
});
