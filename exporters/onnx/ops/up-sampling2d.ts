import { defineConverter, type Value } from '../../../src/onnx/converter.ts';
import { asFloat } from './number-types.ts';
import { type DataFormat, spatialInput } from './window.ts';

/** tfjs samples at `position / scale` without half-pixel centres, rounding down for 'nearest'. */
export const upSampling2d = defineConverter('UpSampling2D', (layer, [input], graph) => {
  const { size, dataFormat, interpolation } = layer.getConfig() as {
    size: [number, number];
    dataFormat: DataFormat;
    interpolation: 'nearest' | 'bilinear';
  };
  const { x, layout } = spatialInput(
    interpolation === 'nearest' ? input : asFloat(input, graph),
    dataFormat,
    graph,
  );
  const mode: Record<string, string> =
    interpolation === 'nearest' ? { mode: 'nearest', nearest_mode: 'floor' } : { mode: 'linear' };
  const wanted = graph.outputShapes[0];
  const resize = (value: Value, scales: readonly number[], shape = wanted) =>
    graph.node('Resize', [value, null, graph.constant(Float32Array.of(1, 1, ...scales))], {
      attributes: { ...mode, coordinate_transformation_mode: 'asymmetric' },
      shape,
      layout,
    });
  // ONNX Runtime moves the transpose in front behind the node, and then refuses to be linear over axes that lie apart.
  if (interpolation === 'bilinear' && input.layout === 'channels-first' && layout === 'tfjs') {
    return resize(resize(x, [size[0], 1], wanted.with(3, x.shape[3])), [1, size[1]]);
  }
  return resize(x, size);
});
