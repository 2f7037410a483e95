import { defineConverter } from '../../../src/onnx/converter.ts';

export const reshape = defineConverter('Reshape', (layer, [x], graph) => {
  const { targetShape } = layer.getConfig() as { targetShape: (number | null)[] };
  // 0 takes the batch over, −1 is inferred.
  const target = graph.constant([0, ...targetShape.map((extent) => extent ?? -1)]);
  return graph.node('Reshape', [graph.rowMajor(x), target], { shape: graph.outputShapes[0] });
});

export const permute = defineConverter('Permute', (layer, [x], graph) => {
  const perm = [0, ...(layer.getConfig().dims as number[])];
  return graph.node('Transpose', [graph.tfjsOrder(x)], {
    attributes: { perm },
    shape: graph.outputShapes[0],
  });
});
