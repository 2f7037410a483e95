import { type Convert, defineConverter } from '../../../src/onnx/converter.ts';
import { asFloat, asInteger } from './number-types.ts';
import {
  type DataFormat,
  type Padding,
  refuseNegativePadding,
  spatialInput,
  windowAttributes,
} from './window.ts';

interface PoolingConfig {
  poolSize: number | number[];
  strides: number | number[];
  padding: Padding;
  dataFormat?: DataFormat;
}

/** Both frameworks leave padding out of an average's count, and take it as −∞ in a maximum. */
function pooling(operator: 'MaxPool' | 'AveragePool'): Convert {
  return (layer, [input], graph) => {
    const { poolSize, strides, padding, dataFormat } = layer.getConfig() as unknown as PoolingConfig;
    const { x, extents, layout } = spatialInput(asFloat(input, graph), dataFormat ?? 'channelsLast', graph);
    const window = { kernel: [poolSize].flat(), strides: [strides].flat(), padding };
    refuseNegativePadding(window, graph);
    const attributes = windowAttributes(window, extents);
    if (attributes.auto_pad && window.kernel.some((size, axis) => size < window.strides[axis])) {
      throw graph.unsupported(
        `'same' padding of a window [${window.kernel}] with longer strides [${window.strides}] on unknown extents, ` +
          'where ONNX may come to a negative one',
      );
    }
    const pooled = graph.node(operator, [x], {
      attributes,
      shape: graph.outputShapes[0],
      layout,
    });
    // tfjs has floats over three axes.
    return input.dtype === 'float32' || window.kernel.length === 3 ? pooled : asInteger(pooled, graph);
  };
}

export const maxPooling1d = defineConverter('MaxPooling1D', pooling('MaxPool'));
export const maxPooling2d = defineConverter('MaxPooling2D', pooling('MaxPool'));
export const maxPooling3d = defineConverter('MaxPooling3D', pooling('MaxPool'));
export const averagePooling1d = defineConverter('AveragePooling1D', pooling('AveragePool'));
export const averagePooling2d = defineConverter('AveragePooling2D', pooling('AveragePool'));
export const averagePooling3d = defineConverter('AveragePooling3D', pooling('AveragePool'));
