import { type ConvertOp, defineGraphConverter } from '../op.ts';
import { windowOf } from './window.ts';

/** TensorFlow, too, leaves padding out of an average's count, and takes it as −∞ in a maximum. */
function pooling(operator: 'MaxPool' | 'AveragePool'): ConvertOp {
  return ([x], op) => {
    const size = op.attributes.integers('ksize');
    const isChannelsFirst = op.attributes.text('data_format', 'NHWC').startsWith('NC');
    const kernel = isChannelsFirst ? size.slice(2) : size.slice(1, -1);
    if (kernel.length !== 2 && kernel.length !== 3) throw op.unsupported(`ksize [${size}]`);
    const { spatial, attributes, outputShape } = windowOf(x, kernel, op);
    const strides = attributes.strides as readonly number[];
    if (attributes.auto_pad && kernel.some((size, axis) => size < strides[axis])) {
      throw op.unsupported(
        `'same' padding of a window [${kernel}] with longer strides [${strides}] on unknown extents, ` +
          'where ONNX may come to a negative one',
      );
    }
    const channels = spatial.layout === 'tfjs' ? x.shape[1] : x.shape.at(-1)!;
    return op.node(operator, [spatial.x], {
      attributes,
      shape: outputShape(channels),
      layout: spatial.layout,
    });
  };
}

export const poolings = [
  ...['MaxPool', 'MaxPool3D'].map((operator) => defineGraphConverter(operator, 1, pooling('MaxPool'))),
  ...['AvgPool', 'AvgPool3D'].map((operator) => defineGraphConverter(operator, 1, pooling('AveragePool'))),
];
