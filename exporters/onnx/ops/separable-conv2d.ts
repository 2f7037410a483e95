import { findLayerWeight, layerWeight, transposeWeights } from '../../../src/core/weights.ts';
import { defineConverter, type ValueShape } from '../../../src/onnx/converter.ts';
import { activate, activateChannels } from './activation.ts';
import { type DepthwiseConfig, depthwise } from './depthwise-conv2d.ts';
import { spatialInput } from './window.ts';

/** A depthwise convolution, then a 1×1 convolution across the channels. */
export const separableConv2d = defineConverter('SeparableConv2D', (layer, [input], graph) => {
  const config = layer.getConfig() as unknown as DepthwiseConfig;
  const kernel = layerWeight(layer, 'depthwise_kernel');
  const pointwise = transposeWeights(layerWeight(layer, 'pointwise_kernel'), [3, 2, 0, 1]);
  const bias = findLayerWeight(layer, 'bias');
  const [shape] = graph.outputShapes;
  if (bias && config.dataFormat === 'channelsFirst') {
    throw graph.unsupported('a bias with channels first, which tfjs adds along the height');
  }
  const filtered = depthwise(
    spatialInput(input, config.dataFormat, graph),
    kernel,
    undefined,
    { ...config, shape: withChannels(shape, kernel.shape[2] * kernel.shape[3], config.dataFormat) },
    graph,
  );
  const y = graph.node(
    'Conv',
    [filtered, graph.weight('pointwise_kernel', pointwise), ...(bias ? [graph.weight('bias', bias)] : [])],
    { attributes: { kernel_shape: [1, 1] }, shape },
  );
  if (config.dataFormat === 'channelsLast') return activate(y, config.activation, graph);
  // tfjs activates before it puts the channels first again, so that a softmax is over them all the same.
  return activateChannels(y, config.activation, graph);
});

function withChannels(shape: ValueShape, channels: number, dataFormat: string): ValueShape {
  const axis = dataFormat === 'channelsFirst' ? 1 : shape.length - 1;
  return shape.map((extent, i) => (i === axis ? channels : extent));
}
