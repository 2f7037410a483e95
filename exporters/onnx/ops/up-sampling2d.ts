import { defineConverter } from '../../../src/core/converter.ts';
import { type DataFormat, spatialInput } from './window.ts';

/** tfjs samples at `position / scale` without half-pixel centres, rounding down for 'nearest'. */
export const upSampling2d = defineConverter('UpSampling2D', (layer, [input], graph) => {
  const { size, dataFormat, interpolation } = layer.getConfig() as {
    size: [number, number];
    dataFormat: DataFormat;
    interpolation: 'nearest' | 'bilinear';
  };
  const { x, layout } = spatialInput(input, dataFormat, graph);
  const mode: Record<string, string> =
    interpolation === 'nearest' ? { mode: 'nearest', nearest_mode: 'floor' } : { mode: 'linear' };
  return graph.node('Resize', [x, null, graph.constant(Float32Array.of(1, 1, ...size))], {
    attributes: { ...mode, coordinate_transformation_mode: 'asymmetric' },
    shape: graph.outputShapes[0],
    layout,
  });
});
