import {
  findLayerWeight,
  layerWeight,
  reshapeWeights,
  transposeWeights,
  type Weights,
} from '../../../src/core/weights.ts';
import { defineConverter, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { activate } from './activation.ts';
import { type DataFormat, type Padding, type Spatial, spatialInput, windowAttributes } from './window.ts';

export interface DepthwiseConfig {
  kernelSize: number[];
  strides: number[];
  dilationRate: number | number[];
  padding: Padding;
  dataFormat: DataFormat;
  activation: string;
}

/**
 * A convolution of every channel by kernels of its own. The kernel [h, w, C, multiplier] becomes
 * [C · multiplier, 1, h, w] in C groups.
 */
export function depthwise(
  { x, extents, layout }: Spatial,
  kernel: Weights,
  bias: Weights | undefined,
  config: Omit<DepthwiseConfig, 'activation' | 'dataFormat'> & { shape: Value['shape'] },
  graph: GraphBuilder,
): Value {
  const [height, width, channels, multiplier] = kernel.shape;
  const grouped = reshapeWeights(transposeWeights(kernel, [2, 3, 0, 1]), [
    channels * multiplier,
    1,
    height,
    width,
  ]);
  const { kernelSize, strides, padding, shape } = config;
  const dilations = [config.dilationRate].flat();
  return graph.node(
    'Conv',
    [x, graph.weight('depthwise_kernel', grouped), ...(bias ? [graph.weight('bias', bias)] : [])],
    {
      attributes: {
        ...windowAttributes({ kernel: kernelSize, strides, dilations, padding }, extents),
        group: channels,
      },
      shape,
      layout,
    },
  );
}

export const depthwiseConv2d = defineConverter('DepthwiseConv2D', (layer, [input], graph) => {
  const config = layer.getConfig() as unknown as DepthwiseConfig;
  if ([config.dilationRate].flat().some((rate) => rate !== 1)) {
    throw graph.unsupported(`dilationRate [${config.dilationRate}], which tfjs ignores in this layer`);
  }
  const y = depthwise(
    spatialInput(input, config.dataFormat, graph),
    layerWeight(layer, 'depthwise_kernel'),
    findLayerWeight(layer, 'bias'),
    { ...config, shape: graph.outputShapes[0] },
    graph,
  );
  return activate(y, config.activation, graph);
});
