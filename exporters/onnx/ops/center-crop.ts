import { defineConverter, type GraphBuilder, type Value } from '../../../src/onnx/converter.ts';
import { asFloat } from './number-types.ts';
import { resize } from './resizing.ts';

/**
 * tfjs samples a box in the middle by nearest neighbours, on a grid that is not quite the pixels' own, so which rows
 * and columns it takes is worked out here; an image smaller than the crop is resized instead.
 */
export const centerCrop = defineConverter('CenterCrop', (layer, [input], graph) => {
  const image = asFloat(input, graph);
  const { height, width } = layer.getConfig() as { height: number; width: number };
  const [, imageHeight, imageWidth] = image.shape;
  if (image.shape.length !== 4 || imageHeight === null || imageWidth === null) {
    throw graph.unsupported(`an image of shape [${image.shape.map((extent) => extent ?? 'any')}]`);
  }
  const top = Math.floor((imageHeight - height) / 2);
  const left = imageWidth === width ? 0 : Math.floor((imageWidth - width) / 2) || 1;
  if (top < 0 || left < 0) {
    return resize(image, [height, width], { interpolation: 'bilinear', alignCorners: false }, graph);
  }
  const x = graph.tfjsOrder(image);
  const rows = take(x, 1, sampledPositions(top, height, imageHeight), graph);
  return take(rows, 2, sampledPositions(left, width, imageWidth), graph);
});

/** As tf.image.cropAndResize: the box is kept as float32 fractions of the image, positions are doubles. */
function sampledPositions(begin: number, length: number, extent: number): number[] {
  const [low, high] = [Math.fround(begin / extent), Math.fround((begin + length) / extent)];
  const step = length > 1 ? ((high - low) * (extent - 1)) / (length - 1) : 0;
  const first = length > 1 ? low * (extent - 1) : 0.5 * (low + high) * (extent - 1);
  return Array.from({ length }, (_, i) => Math.round(first + i * step));
}

function take(x: Value, axis: number, positions: readonly number[], graph: GraphBuilder): Value {
  return graph.node('Gather', [x, graph.constant(positions)], {
    attributes: { axis },
    shape: x.shape.with(axis, positions.length),
  });
}
