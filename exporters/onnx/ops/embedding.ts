import { layerWeight } from '../../../src/core/weights.ts';
import { defineConverter } from '../../../src/onnx/converter.ts';
import { asInteger } from './number-types.ts';

/** Rows of a table; indices of other types are cut to integers first, as tfjs does. */
export const embedding = defineConverter('Embedding', (layer, [input], graph) => {
  const x = graph.tfjsOrder(input);
  const indices = asInteger(x, graph);
  if (layer.weights[0].dtype !== 'float32') throw graph.unsupported(`a table of ${layer.weights[0].dtype}`);
  const table = layerWeight(layer, 'embeddings');
  return graph.node('Gather', [graph.weight('embeddings', table), indices], {
    attributes: { axis: 0 },
    shape: [...x.shape, table.shape[1]],
  });
});
