import { defineConverter, float, type GraphBuilder, storedAxis } from '../../../src/core/converter.ts';
import { layerWeight, reshapeWeights, transposeWeights } from '../../../src/core/weights.ts';
import { clipFromZero } from './activation.ts';

export const relu = defineConverter('ReLU', (layer, [x], graph) => {
  const { maxValue } = layer.getConfig() as { maxValue?: number | null };
  return maxValue == null ? graph.node('Relu', [x]) : clipFromZero(x, maxValue, graph);
});

export const leakyRelu = defineConverter('LeakyReLU', (layer, [x], graph) =>
  graph.node('LeakyRelu', [x], { attributes: { alpha: float(layer.getConfig().alpha as number) } }),
);

export const elu = defineConverter('ELU', (_layer, [x], graph) => graph.node('Elu', [x]));

export const thresholdedRelu = defineConverter('ThresholdedReLU', (layer, [x], graph) =>
  graph.node('ThresholdedRelu', [x], { attributes: { alpha: float(layer.getConfig().theta as number) } }),
);

/** The slopes have the input's shape without the batch, with ones on the axes that share them. */
export const prelu = defineConverter('PReLU', (layer, [x], graph) => {
  const alpha = layerWeight(layer, 'alpha')!;
  const slopes =
    x.layout === 'tfjs'
      ? alpha
      : transposeWeights(alpha, [x.shape.length - 2, ...alpha.shape.slice(0, -1).keys()]);
  return graph.node('PRelu', [x, graph.weight('alpha', reshapeWeights(slopes, [1, ...slopes.shape]))]);
});

export const softmax = defineConverter('Softmax', (layer, [x], graph) => {
  const { axis } = layer.getConfig() as { axis: number | number[] };
  return graph.node('Softmax', [x], { attributes: { axis: storedAxis(x, singleAxis(axis, graph)) } });
});

function singleAxis(axis: number | number[], graph: GraphBuilder): number {
  if (!Array.isArray(axis)) return axis;
  if (axis.length !== 1) throw graph.unsupported(`a softmax over the axes [${axis}] together`);
  return axis[0];
}
