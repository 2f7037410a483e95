import { defineConverter, storedAxis } from '../../../src/onnx/converter.ts';
import { sameLayout } from './merge.ts';

export const concatenate = defineConverter('Concatenate', (layer, inputs, graph) => {
  const parts = sameLayout(inputs, graph);
  const types = new Set(inputs.map(({ dtype }) => dtype));
  if (types.size > 1)
    throw graph.unsupported(`inputs of types ${[...types].join(' and ')}, which tfjs mixes up`);
  const given = layer.getConfig().axis as number;
  if (given < -1) throw graph.unsupported(`axis ${given}, for which tfjs takes the last`);
  const axis = storedAxis(parts[0], given);
  return graph.node('Concat', parts, { attributes: { axis }, shape: graph.outputShapes[0] });
});
