import { defineConverter } from '../../../src/core/converter.ts';
import { type DataFormat, spatialInput } from './window.ts';

/** ONNX clamps a slice's end to the extent, so this stands for "to the end". */
const toTheEnd = 2 ** 31 - 1;

export const cropping2d = defineConverter('Cropping2D', (layer, [input], graph) => {
  const { cropping, dataFormat } = layer.getConfig() as {
    cropping: [[number, number], [number, number]];
    dataFormat: DataFormat;
  };
  const { x, layout } = spatialInput(input, dataFormat, graph);
  const starts = graph.constant(cropping.map(([begin]) => begin));
  const ends = graph.constant(cropping.map(([, end]) => (end === 0 ? toTheEnd : -end)));
  return graph.node('Slice', [x, starts, ends, graph.constant([2, 3])], {
    shape: graph.outputShapes[0],
    layout,
  });
});
