import { defineConverter, storedAxis } from '../../../src/core/converter.ts';
import { sameLayout } from './merge.ts';

export const concatenate = defineConverter('Concatenate', (layer, inputs, graph) => {
  const parts = sameLayout(inputs, graph);
  const axis = storedAxis(parts[0], layer.getConfig().axis as number);
  return graph.node('Concat', parts, { attributes: { axis }, shape: graph.outputShapes[0] });
});
