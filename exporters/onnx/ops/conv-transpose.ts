import { findLayerWeight, layerWeight, transposeWeights } from '../../../src/core/weights.ts';
import { type Convert, defineConverter, type Layer } from '../../../src/onnx/converter.ts';
import { activate } from './activation.ts';
import { asFloat } from './number-types.ts';
import { type DataFormat, refuseNegativePadding, spatialInput } from './window.ts';

interface ConvTransposeConfig {
  kernelSize: number[];
  strides: number[];
  padding: 'valid' | 'same';
  dataFormat: DataFormat;
  activation: string;
}

/**
 * The gradient of a convolution over two or three axes; the kernel [extents…, out, in] becomes [in, out, extents…].
 * tfjs makes extents of `stride` times the input's, and the kernel's overhang more without padding.
 */
const convert: Convert = (layer, [input], graph) => {
  const config = layer.getConfig() as unknown as ConvTransposeConfig;
  const { kernelSize, strides, padding, dataFormat } = config;
  const dilations = (layer as Layer & { dilationRate: number[] }).dilationRate;
  if (dilations.some((rate) => rate !== 1)) {
    throw graph.unsupported(`dilationRate [${dilations}], which tfjs ignores in this layer`);
  }
  const rank = kernelSize.length;
  refuseNegativePadding({ kernel: kernelSize, strides, padding }, graph);
  const kernel = transposeWeights(layerWeight(layer, 'kernel'), [
    rank + 1,
    rank,
    ...Array.from({ length: rank }, (_, axis) => axis),
  ]);
  const bias = findLayerWeight(layer, 'bias');
  const { x, layout } = spatialInput(asFloat(input, graph), dataFormat, graph);
  const overhangs = kernelSize.map((size, axis) => Math.max(size - strides[axis], 0));
  const begins = overhangs.map((overhang) => (padding === 'same' ? Math.floor(overhang / 2) : 0));
  const ends = overhangs.map((overhang, axis) => (padding === 'same' ? overhang - begins[axis] : 0));
  const y = graph.node(
    'ConvTranspose',
    [x, graph.weight('kernel', kernel), ...(bias ? [graph.weight('bias', bias)] : [])],
    {
      attributes: {
        ...{ kernel_shape: kernelSize, strides, pads: [...begins, ...ends] },
        output_padding: kernelSize.map((size, axis) => Math.max(strides[axis] - size, 0)),
      },
      shape: graph.outputShapes[0],
      layout,
    },
  );
  return activate(y, config.activation, graph);
};

export const conv2dTranspose = defineConverter('Conv2DTranspose', convert);
export const conv3dTranspose = defineConverter('Conv3DTranspose', convert);
