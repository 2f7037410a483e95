import { layerWeight } from '../../src/core/weights.ts';
import { defineConverter } from '../../src/onnx/converter.ts';

/** Gemm to the pairs, softmax over each pair, then its first value. */
export const softmaxDetectorsConverter = defineConverter('SoftmaxDetectors', (layer, [x], graph) => {
  const { labels } = layer.getConfig() as { labels: number };
  const [batch] = x.shape;
  const kernel = graph.weight('kernel', layerWeight(layer, 'kernel'));
  const bias = graph.weight('bias', layerWeight(layer, 'bias'));
  const logits = graph.node('Gemm', [x, kernel, bias], { shape: [batch, 2 * labels] });
  const pairs = graph.node('Reshape', [logits, graph.constant([0, labels, 2])], {
    shape: [batch, labels, 2],
  });
  const softmax = graph.node('Softmax', [pairs], { attributes: { axis: 2 } });
  return graph.node('Gather', [softmax, graph.constant([0], [])], {
    attributes: { axis: 2 },
    shape: graph.outputShapes[0],
  });
});
