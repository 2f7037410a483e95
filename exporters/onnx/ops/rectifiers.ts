import { layerWeight, reshapeWeights, transposeWeights } from '../../../src/core/weights.ts';
import {
  defineConverter,
  float,
  type GraphBuilder,
  storedAxis,
  type Value,
} from '../../../src/onnx/converter.ts';
import { clipFromZero } from './activation.ts';
import { asFloat, asInteger } from './number-types.ts';

export const relu = defineConverter('ReLU', (layer, [x], graph) => {
  const { maxValue } = layer.getConfig() as { maxValue?: number | null };
  if (maxValue == null) return graph.node('Relu', [x]);
  const clipped = clipFromZero(asFloat(x, graph), maxValue, graph);
  return x.dtype === 'float32' ? clipped : asInteger(clipped, graph);
});

export const leakyRelu = defineConverter('LeakyReLU', (layer, [x], graph) =>
  graph.node('LeakyRelu', [asFloat(x, graph)], {
    attributes: { alpha: float(layer.getConfig().alpha as number) },
  }),
);

export const elu = defineConverter('ELU', (_layer, [x], graph) => graph.node('Elu', [asFloat(x, graph)]));

export const thresholdedRelu = defineConverter('ThresholdedReLU', (layer, [x], graph) =>
  graph.node('ThresholdedRelu', [asFloat(x, graph)], {
    attributes: { alpha: float(layer.getConfig().theta as number) },
  }),
);

/** The slopes have the input's shape without the batch, with ones on the axes that share them. */
export const prelu = defineConverter('PReLU', (layer, [input], graph) => {
  const x = asFloat(input, graph);
  const alpha = layerWeight(layer, 'alpha');
  const slopes =
    x.layout === 'tfjs'
      ? alpha
      : transposeWeights(alpha, [x.shape.length - 2, ...alpha.shape.slice(0, -1).keys()]);
  return graph.node('PRelu', [x, graph.weight('alpha', reshapeWeights(slopes, [1, ...slopes.shape]))]);
});

/** Along one axis, or over several together: exp(x − log Σ exp x). Masked places are kept out by a large negative number. */
export const softmax = defineConverter('Softmax', (layer, [given], graph) => {
  const { mask } = graph;
  const input = asFloat(given, graph);
  const x = mask ? graph.node('Add', [graph.tfjsOrder(input), maskAdder(mask, graph)]) : input;
  const axes = [layer.getConfig().axis as number | number[]].flat().map((axis) => storedAxis(x, axis));
  if (axes.length === 1) return graph.node('Softmax', [x], { attributes: { axis: axes[0] } });
  const attributes = { axes: axes.toSorted(), keepdims: 1 };
  return graph.node('Exp', [graph.node('Sub', [x, graph.node('ReduceLogSumExp', [x], { attributes })])]);
});

/** 0 where a step counts, −10⁹ where not: tfjs's own number. */
function maskAdder(mask: Value, graph: GraphBuilder): Value {
  const counts = graph.node('Cast', [mask], { attributes: { to: 1 }, dtype: 'float32' });
  const masked = graph.node('Sub', [graph.constant(Float32Array.of(1), []), counts], { shape: mask.shape });
  return graph.node('Mul', [masked, graph.constant(Float32Array.of(-1e9), [])]);
}
