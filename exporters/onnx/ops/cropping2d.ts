import { defineConverter, type ValueShape } from '../../../src/onnx/converter.ts';
import { type DataFormat, spatialInput } from './window.ts';

/** ONNX clamps a slice's end to the extent, so this stands for "to the end". */
const toTheEnd = 2 ** 31 - 1;

export const cropping2d = defineConverter('Cropping2D', (layer, [input], graph) => {
  const { cropping, dataFormat } = layer.getConfig() as {
    cropping: [[number, number], [number, number]];
    dataFormat: DataFormat;
  };
  const { x, extents, layout } = spatialInput(input, dataFormat, graph);
  const starts = graph.constant(cropping.map(([begin]) => begin));
  const ends = graph.constant(cropping.map(([, end]) => (end === 0 ? toTheEnd : -end)));
  // tfjs's own output shape takes unknown extents for zeros.
  const first = dataFormat === 'channelsFirst' ? 2 : 1;
  const shape = cropping.reduce<ValueShape>((cut, [begin, end], i) => {
    const extent = extents[i];
    return cut.with(first + i, extent === null ? null : extent - begin - end);
  }, input.shape);
  return graph.node('Slice', [x, starts, ends, graph.constant([2, 3])], {
    shape,
    layout,
  });
});
