import { defineConverter } from '../../../src/onnx/converter.ts';

/** [N, F] → [N, n, F]. */
export const repeatVector = defineConverter('RepeatVector', (layer, [x], graph) => {
  const [batch, features] = x.shape;
  const step = graph.node('Unsqueeze', [x, graph.constant([1])], { shape: [batch, 1, features] });
  const repeats = graph.constant([1, layer.getConfig().n as number, 1]);
  return graph.node('Tile', [step, repeats], { shape: graph.outputShapes[0] });
});
