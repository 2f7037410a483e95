import { layerWeight } from '../../src/core/weights.ts';
import { defineConverter, float } from '../../src/onnx/converter.ts';

/** Folded into the convolution before it by a pass, where there is one. */
export const batchNormConverter = defineConverter('BatchNorm', (layer, [x], graph) => {
  const { epsilon } = layer.getConfig() as { epsilon: number };
  const weights = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
    graph.weight(name, layerWeight(layer, name)),
  );
  return graph.node('BatchNormalization', [graph.channelsFirst(x), ...weights], {
    attributes: { epsilon: float(epsilon) },
  });
});
