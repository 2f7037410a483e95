import { findLayerWeight, layerWeight, literalWeights } from '../../../src/core/weights.ts';
import { defineConverter, float } from '../../../src/onnx/converter.ts';
import { refuseIntegers } from './number-types.ts';

/** Normalisation by the moving statistics, over the last axis or, for channels-first models, over the second. */
export const batchNormalization = defineConverter('BatchNormalization', (layer, [input], graph) => {
  refuseIntegers(input, graph);
  const { axis, epsilon } = layer.getConfig() as { axis: number; epsilon: number };
  const rank = input.shape.length;
  const channelAxis = axis < 0 ? axis + rank : axis;
  if (channelAxis !== rank - 1 && channelAxis !== 1) {
    throw graph.unsupported(`normalisation over axis ${axis} of ${rank}`);
  }
  const x = channelAxis === rank - 1 ? graph.channelsFirst(input) : graph.tfjsOrder(input);
  const mean = layerWeight(layer, 'moving_mean');
  // Layers made with `scale: false` or `center: false` lack one of the two.
  const size = mean.shape[0];
  const gamma = findLayerWeight(layer, 'gamma') ?? literalWeights(new Float32Array(size).fill(1), [size]);
  const beta = findLayerWeight(layer, 'beta') ?? literalWeights(new Float32Array(size), [size]);
  const weights = [
    graph.weight('gamma', gamma),
    graph.weight('beta', beta),
    graph.weight('moving_mean', mean),
    graph.weight('moving_variance', layerWeight(layer, 'moving_variance')),
  ];
  return graph.node('BatchNormalization', [x, ...weights], { attributes: { epsilon: float(epsilon) } });
});
