import { layerWeight, transposeWeights } from '../../src/core/weights.ts';
import { defineConverter } from '../../src/onnx/converter.ts';

/** One Conv over [N, C, T, H, W]; the kernel [kt, kh, kw, in, out] becomes [out, in, kt, kh, kw]. */
export const factorizedConv3dConverter = defineConverter('FactorizedConv3D', (layer, [x], graph) => {
  const { kernelSize, strides, padding } = layer.getConfig() as {
    kernelSize: number[];
    strides: number[];
    padding: number[];
  };
  const kernel = graph.weight('kernel', transposeWeights(layerWeight(layer, 'kernel'), [4, 3, 0, 1, 2]));
  return graph.node('Conv', [graph.channelsFirst(x), kernel], {
    attributes: { kernel_shape: kernelSize, strides, pads: [...padding, ...padding] },
    shape: graph.outputShapes[0],
    layout: 'channels-first',
  });
});
