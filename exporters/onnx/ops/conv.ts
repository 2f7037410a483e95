import { findLayerWeight, layerWeight, transposeWeights } from '../../../src/core/weights.ts';
import { type Convert, defineConverter, type Layer } from '../../../src/onnx/converter.ts';
import { activate } from './activation.ts';
import { refuseIntegers } from './number-types.ts';
import {
  type DataFormat,
  type Padding,
  refuseNegativePadding,
  spatialInput,
  windowAttributes,
} from './window.ts';

interface ConvConfig {
  kernelSize: number[];
  strides: number[];
  dilationRate: number | number[];
  padding: Padding;
  dataFormat?: DataFormat;
  activation: string;
}

/** A convolution over one to three axes; the kernel [extents…, in, out] becomes [out, in, extents…]. */
const convert: Convert = (layer, [input], graph) => {
  const config = layer.getConfig() as unknown as ConvConfig;
  const { kernelSize, strides, padding, dataFormat = 'channelsLast' } = config;
  if ((layer as Layer & { dataFormat: DataFormat }).dataFormat !== dataFormat) {
    throw graph.unsupported(
      'channels first over one axis, which tfjs computes but does not put back in order',
    );
  }
  if (padding === 'causal') throw graph.unsupported('causal padding, which tfjs itself does not compute');
  const rank = kernelSize.length;
  if (rank === 3) refuseIntegers(input, graph);
  const kernel = transposeWeights(layerWeight(layer, 'kernel'), [
    rank + 1,
    rank,
    ...Array.from({ length: rank }, (_, axis) => axis),
  ]);
  const bias = findLayerWeight(layer, 'bias');
  const { x, extents, layout } = spatialInput(input, dataFormat, graph);
  // tfjs ignores `groups` in a layer's configuration; the kernel's shape tells what it really computes.
  const channels = dataFormat === 'channelsFirst' ? input.shape[1] : input.shape.at(-1);
  if (channels !== null && kernel.shape[1] !== channels) {
    throw graph.unsupported(`a kernel for ${kernel.shape[1]} channels on an input of ${channels}`);
  }
  const window = { kernel: kernelSize, strides, dilations: [config.dilationRate].flat(), padding };
  refuseNegativePadding(window, graph);
  const y = graph.node(
    'Conv',
    [x, graph.weight('kernel', kernel), ...(bias ? [graph.weight('bias', bias)] : [])],
    {
      attributes: windowAttributes(window, extents),
      shape: graph.outputShapes[0],
      layout,
    },
  );
  return activate(y, config.activation, graph);
};

export const conv1d = defineConverter('Conv1D', convert);
export const conv2d = defineConverter('Conv2D', convert);
export const conv3d = defineConverter('Conv3D', convert);
