import { findLayerWeight, layerWeight } from '../../../src/core/weights.ts';
import { defineConverter } from '../../../src/onnx/converter.ts';
import { activate } from './activation.ts';
import { asFloat } from './number-types.ts';

/** A matrix product over the last axis: Gemm for [N, F], MatMul and Add for higher ranks. */
export const dense = defineConverter('Dense', (layer, [input], graph) => {
  const x = graph.tfjsOrder(asFloat(input, graph));
  const kernel = graph.weight('kernel', layerWeight(layer, 'kernel'));
  const biasWeights = findLayerWeight(layer, 'bias');
  const bias = biasWeights && graph.weight('bias', biasWeights);
  const shape = graph.outputShapes[0];
  if (x.shape.length === 2) {
    const y = graph.node('Gemm', [x, kernel, ...(bias ? [bias] : [])], { shape });
    return activate(y, layer.getConfig().activation, graph);
  }
  const product = graph.node('MatMul', [x, kernel], { shape });
  const y = bias ? graph.node('Add', [product, bias]) : product;
  return activate(y, layer.getConfig().activation, graph);
});
